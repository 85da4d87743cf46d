#!/bin/sh
# TensorBoard itself reads the event files of a small run and finds the numbers of metrics.jsonl, each once. Skipped (77)
# where no Python has TensorBoard; REVERIE_PYTHON names one that has. Usage: tensorboard_test.sh PATH_OF_REVERIE SOURCE
reverie=$1
source=$2
python=${REVERIE_PYTHON:-python3}
"$python" -c 'import tensorboard' 2>/dev/null || { echo "$python has no tensorboard: skipped"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# Once more with more generations: the second session writes other files beside the first one's.
for generations in 2 4; do
  "$reverie" train "$source/configs/smoke.yaml" --run "$work/run" "train_controller.generations=[$generations]" \
    2>"$work/err" || { cat "$work/err"; exit 1; }
done
"$python" - "$work/run" <<'PYTHON'
import json, math, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = sys.argv[1]
lines = [json.loads(line) for line in open(run + "/metrics.jsonl")]
longest = {}  # an iteration counts for one step at least
for line in lines:
    key = line["stage"], line["iteration"]
    longest[key] = max(longest.get(key, 1), line["step"])
expected = {}
for values in lines:
    stage, iteration, step = (values.pop(key) for key in ("stage", "iteration", "step"))
    first = sum(n for (s, k), n in longest.items() if s == stage and k < iteration)
    for name, value in values.items():
        expected.setdefault(f"{stage}/{name}", {})[first + step] = value

events = EventAccumulator(run + "/events", size_guidance={"scalars": 0, "images": 0, "histograms": 0})
events.Reload()
tags = events.Tags()
assert set(tags["scalars"]) == set(expected), set(tags["scalars"]) ^ set(expected)
for tag, points in expected.items():
    found = events.Scalars(tag)
    assert [point.step for point in found] == sorted(points), (tag, found, points)
    for point in found:
        value = points[point.step]
        assert (value is None and math.isnan(point.value)) or math.isclose(point.value, value, rel_tol=1e-6, abs_tol=1e-30), (tag, point, value)
assert "train-vae/reconstructions" in tags["images"], tags
image = events.Images("train-vae/reconstructions")[-1]
assert (image.height, image.width) == (512, 512) and image.encoded_image_string[:4] == b"\x89PNG", image
histogram = events.Histograms("train-vae/latent_mean")[-1].histogram_value
assert histogram.num == 512 * 8 == sum(histogram.bucket) and histogram.min < histogram.max, histogram
print(f"{len(expected)} scalars, {sum(map(len, expected.values()))} points, as in metrics.jsonl")
PYTHON
