#!/usr/bin/env python3
"""Reads every #include and fails on an arrow that the picture in the design does not have."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What each room may use besides itself; whatever those use comes with them.
ROOMS = {
    "core": [],
    "config": ["core"],
    "tensor": ["core"],
    "autodiff": ["tensor"],
    "metrics": ["core"],
    "model": ["autodiff", "config"],
    "plugin": ["model"],
    "analysis": ["model"],
    "results": ["core", "config"],
    "comparison": ["results"],
    "training": ["plugin", "results", "metrics", "analysis"],
}

# Headers of a library stay behind one door.
DOORS = {
    r"(oneapi/)?dnnl": ["framework/tensor/"],
    r"hdf5|H5": ["framework/results/"],
    r"yaml-cpp/": ["framework/config/"],
    r"boost/dll": ["framework/plugin/"],
    r"boost/math": ["framework/comparison/"],
    r"openssl/": ["framework/core/"],
    r"hwy/": ["framework/tensor/", "framework/autodiff/"],
    r"unicode/": ["framework/core/", "framework/metrics/"],
    r"png\.h|turbojpeg\.h": ["framework/model/picture_file.cpp"],
    r"CLI/": ["tools/runexp/"],
    r"tensorboard\.pb\.h|google/protobuf": ["tools/exchange/event_file.cpp"],
    r"onnx/": ["tools/exchange/onnx_graph.cpp"],
    r"zip\.h": ["tools/exchange/zip_file.cpp"],
    r"httplib": ["tools/runexp/report_server.cpp"],
    r"mpi\.h": ["tools/mpi/"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def reachable(room):
    seen = {room}
    for other in ROOMS[room]:
        seen |= reachable(other)
    return seen


def sources(folder):
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in (".hpp", ".cpp", ".inl"))


def main():
    wrong = []
    count = 0
    for path in [p for folder in ("framework", "plugins", "tools") for p in sources(folder)]:
        name = path.relative_to(ROOT).as_posix()
        parts = name.split("/")
        count += 1
        for include in INCLUDE.findall(path.read_text(encoding="utf-8")):
            for door, places in DOORS.items():
                if re.match(door, include) and not name.startswith(tuple(places)):
                    wrong.append(f"{name}: <{include}> belongs behind {' or '.join(places)}")
            if parts[0] == "plugins" and include.startswith("unroll/") and include != "unroll/plugin.hpp":
                wrong.append(f"{name}: a plugin includes <unroll/plugin.hpp> alone, not <{include}>")
            if parts[0] == "plugins" and not include.startswith("unroll/") and ".hpp" in include \
                    and (path.parent / include).exists():
                wrong.append(f"{name}: a plugin is one file, but includes \"{include}\"")
            if parts[0] == "framework" and len(parts) > 2 and include.startswith("unroll/"):
                room, other = parts[1], include.split("/")[1]
                if room not in ROOMS:
                    wrong.append(f"{name}: unknown room '{room}'")
                elif other not in reachable(room):
                    wrong.append(f"{name}: {room} must not use {other} (<{include}>)")
            if name.startswith(("tools/exchange/", "tools/conformance/")) and "runexp/" in include:
                wrong.append(f"{name}: this library knows nothing of the command line (<{include}>)")
            if parts[0] == "framework" and re.search(r"(^|/)(plugins|tools)/", include) \
                    and not include.startswith("unroll/"):
                wrong.append(f"{name}: the framework names no plugin and no tool (<{include}>)")
    for line in wrong:
        print(line)
    print(f"{count} files read, {len(wrong)} forbidden arrows")
    return 1 if wrong or count < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
