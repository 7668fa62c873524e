"""The baseline of tests/bench/closure: an image archive of store paths, written by one Python thread.

What a streamer without an engine does: each layer's tar is made once for its digest and once more for the archive, since
an archive's member needs its size and the manifest its digest beforehand. Nothing is compressed. One store path a layer.

usage: streamer.py LIST OUTPUT
"""

import hashlib
import io
import json
import os
import sys
import tarfile
import threading


class Digest:
    """A file that keeps only the digest and the length of what is written."""

    def __init__(self):
        self.state, self.length = hashlib.sha256(), 0

    def write(self, data):
        self.state.update(data)
        self.length += len(data)
        return len(data)


def plain(info):
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mtime = 1
    info.name = info.name.lstrip("/")
    return info


def entries(path):
    yield path
    if os.path.isdir(path) and not os.path.islink(path):
        for name in sorted(os.listdir(path)):
            yield from entries(os.path.join(path, name))


def layer(path, out):
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name in entries(path):
            info = plain(tar.gettarinfo(name, arcname=name))
            if info.isreg():
                with open(name, "rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)


def add_bytes(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def main(paths, output):
    diff_ids, names = [], []
    with open(output, "wb") as file, tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in paths:
            digest = Digest()
            layer(path, digest)
            info = tarfile.TarInfo(f"{digest.state.hexdigest()}/layer.tar")
            info.size = digest.length
            read, write = os.pipe()

            def produce(path=path, write=write):
                with open(write, "wb") as pipe:
                    layer(path, pipe)

            thread = threading.Thread(target=produce)
            thread.start()
            with open(read, "rb") as pipe:
                archive.addfile(info, pipe)
            thread.join()
            diff_ids.append(f"sha256:{digest.state.hexdigest()}")
            names.append(info.name)
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}})
        name = f"{hashlib.sha256(config.encode()).hexdigest()}.json"
        add_bytes(archive, name, config.encode())
        add_bytes(archive, "manifest.json", json.dumps([{"Config": name, "RepoTags": ["bench:1"], "Layers": names}]).encode())


main(open(sys.argv[1]).read().split(), sys.argv[2])
