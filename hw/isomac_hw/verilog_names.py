"""Plain names for Verilog: no escapes, no dollar signs, no numbers of the tool that wrote it.

Amaranth tells signals of one name apart by a running number, ``done$184``, and yosys writes what is
no simple identifier with a backslash. Both make the text hard to read and depend on parts of the
design that have nothing to do with the module. Here every name of a module becomes a plain one: the
ports have theirs first. Others of the same name are called after an instance that they are
connected to, ``loader_start``, or else numbered from 2 on, in the order of the text.
"""

import re
from collections.abc import Iterator

_KEYWORDS = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic
before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle
checker class clocking cmos config const constraint context continue cover covergroup coverpoint
cross deassign default defparam design disable dist do edge else end endcase endchecker endclass
endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage
endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event eventually
expect export extends extern final first_match for force foreach forever fork forkjoin function
generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies
import incdir include initial inout input inside instance int integer interconnect interface
intersect join join_any join_none large let liblist library local localparam logic longint
macromodule matches medium modport module nand negedge nettype new nexttime nmos nor
noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive
priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect
pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on
release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually
s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled signed small
soft solve specify specparam static string strong strong0 strong1 struct super supply0 supply1
sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit tran
tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until
until_with untyped use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while
wildcard wire with within wor xnor xor
"""
#: Words that are no names, of IEEE 1800-2017, which contains those of all Verilog before it.
KEYWORDS = frozenset(_KEYWORDS.split())

#: Strings, numbers and system tasks, in which there are no names; then names, escaped and plain.
#: A space ends an escape, besides those that yosys writes anyway.
_TOKEN = re.compile(
    r"""(?P<other>"[^"]*"|\d*'s?[bdh][0-9A-Fa-fxz?_]+|\d+|\$\w+)"""
    r"|\\(?P<escaped>\S+) |(?P<plain>[A-Za-z_][\w$]*)|(?P<end>;)"
)
_INSTANCE = re.compile(
    r"^  (?:\\\S+|\w+)  ?(?P<name>\w+) \(\n(?P<ports>(?:    .*\n)+)  \);", re.MULTILINE
)
_CONNECTION = re.compile(
    r"^    \.(?:\\(?P<escaped_port>\S+) |(?P<port>\w+))"
    r" ?\((?:\\(?P<escaped>\S+) |(?P<plain>\w+))\)",
    re.MULTILINE,
)
_MODULE = re.compile(
    r"^module (?P<name>\\\S+ |\w+) ?\((?P<ports>[^;]*)\);\n(?P<body>.*?)^endmodule\n",
    re.MULTILINE | re.DOTALL,
)


def plain_names(verilog: str) -> str:
    """The text of modules, as yosys writes it, with plain names in the place of all others."""
    modules = {match["name"].strip().lstrip("\\"): match for match in _MODULE.finditer(verilog)}
    of_modules = _named(iter(modules), {}, {})
    inside = {}
    for name, match in modules.items():
        ports = _named(_names(match["ports"], set()), {}, {})
        inside[name] = _named(_names(match["body"], {*modules}), ports, _connections(match["body"]))

    def write(match: re.Match[str]) -> str:
        name = match["name"].strip().lstrip("\\")
        ports = _replaced(match["ports"], inside[name], {}, {})
        body = _replaced(match["body"], inside[name], of_modules, inside)
        return f"module {of_modules[name]}({ports});\n{body}endmodule\n"

    return _MODULE.sub(write, verilog)


def _names(text: str, modules: set[str]) -> Iterator[str]:
    """The names in a text, but for modules and the ports of instances."""
    for token in _TOKEN.finditer(text):
        name = token["escaped"] or token["plain"]
        is_keyword = token["escaped"] is None and name in KEYWORDS
        if name and not is_keyword and name not in modules and not _is_port(text, token):
            yield name


def _is_port(text: str, token: re.Match[str]) -> bool:
    """Whether a name is that of an instance's port: ``.name (...)``."""
    return token.start() > 0 and text[token.start() - 1] == "."


def _connections(body: str) -> dict[str, str]:
    """Signals that are connected to an instance, and the first port to which they are."""
    found: dict[str, str] = {}
    for instance in _INSTANCE.finditer(body):
        for connection in _CONNECTION.finditer(instance["ports"]):
            port = _stem(connection["escaped_port"] or connection["port"])
            signal = connection["escaped"] or connection["plain"]
            found.setdefault(signal, f"{instance['name']}_{port}")
    return found


def _named(
    names: Iterator[str], known: dict[str, str], connections: dict[str, str]
) -> dict[str, str]:
    """Plain names for `names`, besides those that are `known`."""
    plain = dict(known)
    taken = {*known.values()}
    for name in names:
        if name in plain:
            continue
        chosen = stem = _stem(name)
        if chosen in taken:
            chosen = stem = connections.get(name, stem)
        number = 1
        while chosen in taken:
            number += 1
            chosen = f"{stem}_{number}"
        plain[name] = chosen
        taken.add(chosen)
    return plain


def _stem(name: str) -> str:
    """A plain name as near to `name` as can be."""
    name = re.sub(r"\$\d+", "", name)  # running numbers
    if re.fullmatch(r"\w+", name) is None:
        name = re.sub(r"\W+", "_", name).strip("_")
    if not name or not re.match(r"[A-Za-z_]", name):
        name = f"n{name}"
    return f"{name}_" if name in KEYWORDS else name


def _replaced(
    text: str,
    names: dict[str, str],
    of_modules: dict[str, str],
    inside: dict[str, dict[str, str]],
) -> str:
    """The text with plain names; an instance's ports have their names from its module."""
    instance: dict[str, str] | None = None

    def replace(token: re.Match[str]) -> str:
        nonlocal instance
        if token["end"]:
            instance = None
        name = token["escaped"] or token["plain"]
        if not name or (token["escaped"] is None and name in KEYWORDS):
            return token[0]
        if name in of_modules:
            instance = inside[name]
            return of_modules[name]
        scope = instance if instance is not None and _is_port(text, token) else names
        return scope[name]

    return _TOKEN.sub(replace, text)
