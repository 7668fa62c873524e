"""Listings of file trees, one line a path: the form that an installation and an image are compared in.

A line has seven fields with a tab between them, `-` where one does not apply:

    path  type  mode  owner  size  sha256  target

type is f (file), d (directory), l (symbolic link), c, b, p or s; mode is octal, four digits, `-` for links; owner is
uid:gid in numbers; target is a link's text. Bytes of a path or target outside printable ASCII, the backslash and the
tab are written as \\ooo. Times and hard links are not listed: images carry one time, and links share content.
"""

import contextlib
import hashlib
import json
import os
import stat
import subprocess
import sys
import tarfile

# With usr-merge these are links into /usr, and dpkg writes through them; so they stand before the first archive.
MERGED = ("bin", "lib", "lib64", "sbin")
MERGED_PATHS = [f"/usr/{name}".encode() for name in MERGED]
KINDS = {tarfile.CHRTYPE: "c", tarfile.BLKTYPE: "b", tarfile.FIFOTYPE: "p"}


def archives(folder):
    """The names of all .deb files of a folder, sorted."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".deb"))
    if not names:
        sys.exit(f"no .deb file in {folder}\nhint: name the folder that holds the closure's archives")
    return names


def escaped(raw):
    return "".join(chr(b) if 0x20 <= b < 0x7f and b != 0x5c else f"\\{b:03o}" for b in raw)


def line(path, kind, mode, owner, size="-", digest="-", target=None):
    mode = "-" if kind == "l" else f"{mode:04o}"
    target = "-" if target is None else escaped(target)
    return "\t".join((escaped(path), kind, mode, owner, str(size), digest, target))


def of_tree(root):
    """The lines of a directory tree."""
    lines = {}
    for folder, directories, files in os.walk(os.fsencode(root)):
        for name in [b"."] * (folder == os.fsencode(root)) + directories + files:
            path = os.path.join(folder, name)
            shown = b"/" + os.path.relpath(path, os.fsencode(root)) if name != b"." else b"/"
            info = os.lstat(path)
            owner, mode = f"{info.st_uid}:{info.st_gid}", stat.S_IMODE(info.st_mode)
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                lines[shown] = line(shown, "f", mode, owner, info.st_size, digest)
            elif stat.S_ISLNK(info.st_mode):
                lines[shown] = line(shown, "l", 0, owner, target=os.readlink(path))
            else:
                kind = {stat.S_IFDIR: "d", stat.S_IFCHR: "c", stat.S_IFBLK: "b", stat.S_IFIFO: "p"}
                lines[shown] = line(shown, kind.get(stat.S_IFMT(info.st_mode), "s"), mode, owner)
    return lines


def merged(name):
    """Where a usr-merged root has what an archive calls `name`."""
    path = os.path.normpath(b"/" + os.fsencode(name).lstrip(b"/"))
    return b"/usr" + path if path.split(b"/")[1].decode() in MERGED else path


def add(lines, path, tar, member, place):
    """Adds the line of an archive's member; `place` tells the path of what a hard link names."""
    mode, owner = member.mode & 0o7777, f"{member.uid}:{member.gid}"
    if member.isdir():
        lines[path] = line(path, "d", mode, owner)
    elif member.issym():
        lines[path] = line(path, "l", 0, owner, target=os.fsencode(member.linkname))
    elif member.islnk():
        lines[path] = "\t".join([escaped(path)] + lines[place(member.linkname)].split("\t")[1:])
    elif member.isfile():
        digest = hashlib.sha256(tar.extractfile(member).read()).hexdigest()
        lines[path] = line(path, "f", mode, owner, member.size, digest)
    else:
        lines[path] = line(path, KINDS[member.type], mode, owner)


def of_archives(folder):
    """The lines that unpacking all archives, sorted by name, would leave in an empty usr-merged root."""
    lines = {b"/": line(b"/", "d", 0o755, "0:0")}
    for name in MERGED:
        lines[f"/{name}".encode()] = line(f"/{name}".encode(), "l", 0, "0:0", target=f"usr/{name}".encode())
    for name in archives(folder):
        process = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", os.path.join(folder, name)], stdout=subprocess.PIPE)
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            for member in tar:
                path = merged(member.name)
                if path in MERGED_PATHS and not member.isdir():
                    continue
                # A directory that several packages bring is as the first one has it.
                if not (member.isdir() and path in lines):
                    add(lines, path, tar, member, merged)
        while process.stdout.read(1 << 20):
            pass
        process.stdout.close()
        if process.wait():
            sys.exit(f"cannot read {name}")
    return lines


def blob(layout, digest):
    return os.path.join(layout, "blobs/sha256", digest.removeprefix("sha256:"))


def blobs(layout):
    """The descriptors of an OCI layout's layers, bottom first."""
    with open(os.path.join(layout, "index.json")) as file:
        manifest = json.load(file)["manifests"][0]["digest"]
    with open(blob(layout, manifest)) as file:
        return json.load(file)["layers"]


@contextlib.contextmanager
def decoded(layout, layer):
    """A layer as an open tar stream."""
    decoders = {"zstd": ["zstd", "-dc"], "gzip": ["gzip", "-dc"]}
    decoder = decoders.get(layer["mediaType"].partition("+")[2], ["cat"])
    with open(blob(layout, layer["digest"]), "rb") as packed:
        process = subprocess.Popen(decoder, stdin=packed, stdout=subprocess.PIPE)
    with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
        yield tar
    # To the end, whatever the caller has read: a layer that is cut or damaged is no shorter layer.
    while process.stdout.read(1 << 20):
        pass
    process.stdout.close()
    if process.wait():
        sys.exit(f"cannot decode layer {layer['digest']}: {decoder[0]} ended with status {process.returncode}")


def of_image(layout):
    """The lines of an OCI layout: its layers, one over the other. (Its digests are checked by `sage-oci inspect --validate`.)"""
    lines = {b"/": line(b"/", "d", 0o755, "0:0")}
    for layer in blobs(layout):
        with decoded(layout, layer) as tar:
            for member in tar:
                path = os.path.normpath(b"/" + os.fsencode(member.name))
                name = os.path.basename(path)
                if name.startswith(b".wh."):
                    gone = os.path.join(os.path.dirname(path), name.removeprefix(b".wh."))
                    for old in [old for old in lines if old == gone or old.startswith(gone + b"/")]:
                        del lines[old]
                    continue
                add(lines, path, tar, member, lambda link: os.path.normpath(b"/" + os.fsencode(link)))
    return lines
