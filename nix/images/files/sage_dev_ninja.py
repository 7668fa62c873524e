"""Has ninja take each of Sage's modules for one step, and the modules that are installed for built.

Meson makes three steps and more of a module: Cython, the compiler for each file, the linker. What lies between them was
thrown away when the installed module was made, so ninja would make every module anew. As one step, a module's sources
stand on one side and its file on the other, and ninja can be shown that they belong together.
"""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

COMPILERS = {"c_COMPILER", "cpp_COMPILER"}
LINKERS = {"c_LINKER", "cpp_LINKER"}
CYTHON = "cython_COMPILER"
RULE = """\
# One step a module: `sage-dev-rebuild` has put meson's steps together.
rule module
 command = if [ "$$SAGE_DEV_SEED" ]; then :; else $steps; fi
 description = Building $module
 deps = gcc
 depfile = $out.d
 restat = 1

"""
# What meson itself writes, when a meson.build has changed, has the steps apart again.
REGENERATE = re.compile(r"(?m)^(rule REGENERATE_BUILD\n command = .*)$")


class Edge:
    """One `build` statement: what it makes by which rule, of what; paths are as they stand in the file."""

    def __init__(self, text):
        self.text = text
        head, *bindings = text.splitlines()
        self.bindings = dict(line.strip().split(" = ", 1) for line in bindings if " = " in line)
        outputs, rest = [], []
        into = outputs
        for word in re.findall(r"(?:\$.|[^\s$])+", head)[1:]:
            if into is outputs and word.endswith(":") and not word.endswith("$:"):
                outputs.extend([word[:-1]] if word != ":" else [])
                into = rest
            else:
                into.append(word)
        self.outputs = [word for word in outputs if word != "|"]
        self.rule, *rest = rest
        self.inputs, self.implicit, self.order = [], [], []
        into = self.inputs
        for word in rest:
            if word in ("|", "||"):
                into = self.implicit if word == "|" else self.order
            else:
                into.append(word)

    def reads(self):
        return [*self.inputs, *self.implicit, *self.order]


def plain(path):
    """A path of the file as a program has it."""
    return re.sub(r"\$(.)", r"\1", path)


def commands(build):
    """The full command of each step that makes a part of a module, by what it makes."""
    rules = sorted(COMPILERS | LINKERS | {CYTHON})
    answer = subprocess.run(["ninja", "-t", "compdb", *rules], cwd=build, check=True, capture_output=True, text=True)
    return {entry["output"]: entry["command"] for entry in json.loads(answer.stdout)}


def fold(build, suffix):
    """Puts the steps of each module together, in a file beside build.ninja.

    `suffix` is what the names of modules end with. Gives that file's path, the sources of each of its modules, and what the build
    generates; nothing for a build whose steps are together already.
    """
    text = (build / "build.ninja").read_text()
    if RULE in text:
        return None
    statements = re.split(r"(?m)^(?=build )", text)
    # The rules stand before the first statement; what follows the last one is no part of it.
    head, *statements = statements
    edges = [Edge(statement.split("\n\n", 1)[0]) for statement in statements]
    made = {output: edge for edge in edges for output in edge.outputs}
    readers = {}
    for edge in edges:
        for path in edge.reads():
            readers.setdefault(path, []).append(edge)
    full = commands(build)
    folded, dropped, modules = {}, set(), {}
    for edge in edges:
        if edge.rule not in LINKERS or not edge.outputs[0].endswith(suffix):
            continue
        steps = parts_of(edge, made)
        between = {output for step in steps for output in step.outputs}
        if any(reader not in [*steps, edge] for output in between for reader in readers.get(output, [])):
            continue  # something else is made of it, too
        folded[edge.text] = statement_of(edge, steps, between, full)
        dropped.update(step.text for step in steps)
        sources = [path for step in steps for path in step.inputs if path not in between]
        modules[plain(edge.outputs[0])] = [os.path.normpath(build / plain(path)) for path in sources]
    lines = []
    for statement, edge in zip(statements, edges):
        rest = statement[len(edge.text) :]
        if edge.text in folded:
            lines.append(folded[edge.text] + rest)
        elif edge.text not in dropped:
            lines.append(statement)
    head = REGENERATE.sub(r"\1 && sage-dev-rebuild --set-up", head)
    new = build / "build.ninja.new"
    new.write_text(head + RULE + "".join(lines))
    # Meson's own, such as its tests, have no folder.
    custom = [plain(output) for edge in edges if edge.rule == "CUSTOM_COMMAND" for output in edge.outputs]
    generated = [output for output in custom if "/" in output]
    return new, modules, generated


def parts_of(link, made):
    """The steps that make what a module is linked of, in an order that works."""
    objects = [made[path] for path in link.inputs if path in made and made[path].rule in COMPILERS]
    cython = [made[path] for edge in objects for path in edge.inputs if path in made and made[path].rule == CYTHON]
    return [*cython, *objects]


def statement_of(link, steps, between, full):
    """One statement for all the steps of a module."""
    out = plain(link.outputs[0])
    depfiles = [plain(step.bindings.get("DEPFILE_UNQUOTED", step.outputs[0] + ".dep")) for step in steps]
    folders = sorted({os.path.dirname(plain(output)) for output in between})
    script = [
        "mkdir -p " + shlex.join(folders),
        *(full[plain(step.outputs[0])] for step in steps),
        # It may be a link to the installed one, which is not to be written to.
        "rm -f " + shlex.quote(out),
        full[out],
        # What each step has read, as what the module is made of.
        f"sed 's|^[^ ].*: |{out}: |' {shlex.join(depfiles)} >{shlex.quote(out + '.d')}",
    ]

    def paths(kind):
        named = dict.fromkeys(path for edge in [*steps, link] for path in getattr(edge, kind) if path not in between)
        return " ".join(named)

    name = out.split("/src/")[-1].removeprefix("src/").split(".")[0].replace("/", ".")
    return (
        f"build {' '.join(link.outputs)}: module {paths('inputs')} | {paths('implicit')} || {paths('order')}\n"
        f" steps = {' && '.join(script).replace('$', '$$')}\n"
        f" module = {name}"
    )


def seed(build, folded, closure, installed):
    """Shows ninja the modules that are installed, as built of the sources that are there now.

    `folded` is what `fold` gave; `closure` gives what a module's sources read in the tree, and None for a module that is not what
    is installed. What is generated is made first, as old as the installed modules: they were built of it. Links are made before
    ninja looks, and its commands do nothing: what the command of a rule with `restat` leaves as it was counts as built.
    """
    file, modules, generated = folded
    new = {out: sources for out, sources in modules.items() if installed(out).is_file() and not os.path.lexists(build / out)}
    there = {out: read for out, sources in new.items() if (read := closure(sources)) is not None}
    if not there:
        return
    try:
        for out, read in there.items():
            (build / out).parent.mkdir(parents=True, exist_ok=True)
            (build / out).symlink_to(installed(out))
            names = " ".join(str(path).replace(" ", "\\ ") for path in sorted(read))
            Path(f"{build / out}.d").write_text(f"{out}: {names}\n")
        command = ["ninja", "-f", file.name, "--quiet", *there, *generated]
        answer = subprocess.run(command, cwd=build, env={**os.environ, "SAGE_DEV_SEED": "1"}, capture_output=True, text=True)
        if answer.returncode:
            raise OSError(f"the build could not be shown what is installed:\n{answer.stdout[-2000:]}")
    except BaseException:
        # A link of which ninja knows nothing would be left out by the next attempt, and built anew for nothing.
        for out in there:
            (build / out).unlink(missing_ok=True)
        raise
    built = min(installed(out).stat().st_mtime_ns for out in there)
    for path in filter(Path.is_file, (build / path for path in generated)):
        os.utime(path, ns=(built, built))
