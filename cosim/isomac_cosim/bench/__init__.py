"""What runs inside the simulator process: the cocotb test, drivers, monitors."""
