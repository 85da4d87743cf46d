"""Compares what tests/same_bits.sh left: the tensors and measurements of runs NAME/before and NAME/after, and the
returns in NAME-before.json and NAME-after.json. Names every difference; exit code 1 where there is one."""

import json
import pathlib
import struct
import sys


def tensors(path):
    """name -> (dtype, shape, bytes) of a safetensors file."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        found[name] = (entry["dtype"], entry["shape"], data[8 + size + begin : 8 + size + end])
    return found


def measurements(path):
    """(stage, iteration, step, name) -> value of a metrics.jsonl."""
    values = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        place = row.pop("stage"), row.pop("iteration"), row.pop("step")
        values.update({place + (name,): value for name, value in row.items()})
    return values


def differences(before, after, what):
    """Lines about the entries that are not equal. What only `after` has is not one."""
    for key in sorted(before, key=str):
        if key not in after:
            yield f"{what}: {key}: only before"
        elif before[key] != after[key]:
            yield f"{what}: {key} differs"


def compare_runs(folder):
    broken, count = [], 0
    files = {path.relative_to(folder / "before") for path in (folder / "before").rglob("*.safetensors")}
    if not files:
        broken.append(f"{folder}: no tensors")
    for file in sorted(files):
        if not (folder / "after" / file).exists():
            broken.append(f"{folder.name}/{file}: only before")
            continue
        before, after = tensors(folder / "before" / file), tensors(folder / "after" / file)
        count += len(before)
        broken += differences(before, after, f"{folder.name}/{file}")
        broken += [f"{folder.name}/{file}: {name}: only after" for name in sorted(after.keys() - before.keys())]
    broken += differences(
        measurements(folder / "before" / "metrics.jsonl"), measurements(folder / "after" / "metrics.jsonl"), f"{folder.name}/metrics.jsonl"
    )
    returns = [json.loads((folder / side / "summary.json").read_text())["returns"] for side in ("before", "after")]
    broken += differences(*returns, f"{folder.name}/summary.json")
    for before in sorted((folder / "before").rglob("chosen.json")):
        after = folder / "after" / before.relative_to(folder / "before")
        if not after.exists() or json.loads(before.read_text()) != json.loads(after.read_text()):
            broken.append(f"{folder.name}: {before.name} of {before.parent.parent.name} differs")
    print(f"  {folder.name:20} {len(files):4} files, {count:5} tensors, {'equal' if not broken else 'NOT equal'}")
    return broken


def compare_returns(before):
    after = before.with_name(before.name.replace("-before", "-after"))
    keys = ("returns", "lengths")
    rows = [{key: json.loads(path.read_text())[key] for key in keys} for path in (before, after)]
    broken = list(differences(*rows, before.name))
    name = before.name.replace("-before.json", "")
    print(f"  pretrained {name:16} {len(rows[0]['returns'])} returns, {'equal' if not broken else 'NOT equal'}")
    return broken


def main():
    runs = pathlib.Path(sys.argv[1])
    broken = []
    for folder in sorted(path for path in runs.iterdir() if path.is_dir()):
        broken += compare_runs(folder)
    for path in sorted(runs.glob("*-before.json")):
        broken += compare_returns(path)
    for line in broken:
        print(line)
    print("all equal" if not broken else f"{len(broken)} differences")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
