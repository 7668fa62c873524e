"""Compiles the modules that standard input lists; see `bytecode/batches.rs`.

A line is: source file, NUL, byte-code file, NUL, the source's path in the image. An empty line ends a batch. Each batch is
compiled in a child of its own, forked from this process, which itself compiles nothing and never decodes a line: the
byte-code of a module depends on what its process did before (whether two equal constants are one object), so every child
must begin the same. Modules that do not compile are named on standard output, as `path: reason`.
"""

import gc
import os
import py_compile
import sys


def compile_module(line):
    source, target, path = (os.fsdecode(part) for part in line.rstrip(b"\n").split(b"\0"))
    try:
        py_compile.compile(
            source,
            cfile=target,
            dfile=path,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except (py_compile.PyCompileError, OSError, UnicodeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        os.write(1, os.fsencode(f"{path}: {reason}\n"))


def compile_batch(batch):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for line in batch:
                compile_module(line)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("a child process failed")


# A child is too short-lived for a collection to pay.
gc.disable()
batch = []
for line in sys.stdin.buffer:
    if line == b"\n":
        compile_batch(batch)
        batch = []
    else:
        batch.append(line)
