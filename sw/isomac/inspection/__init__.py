"""What a model file, an integer graph or a bundle contains, as data and as tables."""
