#!/bin/sh
# TensorBoard itself reads the event files of a small run and finds the numbers of metrics.jsonl, each once, the closing
# scores of summary.json and the config, as a text and as settings. Skipped (77) where no Python has TensorBoard;
# REVERIE_PYTHON names one that has. Usage: tensorboard_test.sh PATH_OF_REVERIE SOURCE
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
from tensorboard.plugins.hparams import plugin_data_pb2

run = sys.argv[1]
lines = [json.loads(line) for line in open(run + "/metrics.jsonl")]
longest = {}  # an iteration counts for one step at least
for line in lines:
    key = line["stage"], line["iteration"]
    longest[key] = max(longest.get(key, 1), line["step"])
expected = {}  # [(step, value)] of each tag: a generation 0 lies on the last step of the iteration before
for values in sorted(lines, key=lambda line: (line["iteration"], line["step"])):
    stage, iteration, step = (values.pop(key) for key in ("stage", "iteration", "step"))
    first = sum(n for (s, k), n in longest.items() if s == stage and k < iteration)
    for name, value in values.items():
        expected.setdefault(f"{stage}/{name}", []).append((first + step, value))

returns = json.load(open(run + "/summary.json"))["returns"]
for name, row in returns.items():
    expected[f"closing/{name}"] = [(0, row["mean"])]

events = EventAccumulator(run + "/events", size_guidance={"scalars": 0, "images": 0, "histograms": 0})
events.Reload()
tags = events.Tags()
assert set(tags["scalars"]) == set(expected), set(tags["scalars"]) ^ set(expected)
for tag, points in expected.items():
    found = events.Scalars(tag)
    assert [point.step for point in found] == [step for step, _ in points], (tag, found, points)
    for point, (_, value) in zip(found, points):
        assert (value is None and math.isnan(point.value)) or math.isclose(point.value, value, rel_tol=1e-6, abs_tol=1e-30), (tag, point, value)
texts = {tag: events.Tensors(tag)[-1].tensor_proto.string_val[0].decode() for tag in ("config", "closing/table")}
config = open(run + "/config.yaml").read()
assert events.SummaryMetadata("config").plugin_data.plugin_name == "text", events.SummaryMetadata("config")
assert texts["config"] == "```\n" + config + "```\n", texts["config"]
assert len(events.Tensors("config")) == 1, events.Tensors("config")
for name, row in returns.items():
    line = next(line for line in texts["closing/table"].splitlines() if f"| {name} |" in line)
    assert math.isclose(float(line.split("|")[2]), row["mean"], rel_tol=1e-4, abs_tol=1e-4), (line, row)
start = "_hparams_/session_start_info"
data = plugin_data_pb2.HParamsPluginData.FromString(events.SummaryMetadata(start).plugin_data.content)
settings = data.session_start_info.hparams
assert settings["train_controller.generations"].string_value == "[4]", settings["train_controller.generations"]
assert settings["vae.latent_size"].number_value == 8, settings["vae.latent_size"]
assert settings["game.name"].string_value == "car_racing" and len(settings) > 80, len(settings)
assert "train-vae/reconstructions" in tags["images"], tags
image = events.Images("train-vae/reconstructions")[-1]
assert (image.height, image.width) == (512, 512) and image.encoded_image_string[:4] == b"\x89PNG", image
histogram = events.Histograms("train-vae/latent_mean")[-1].histogram_value
assert histogram.num == 512 * 8 == sum(histogram.bucket) and histogram.min < histogram.max, histogram
print(f"{len(expected)} scalars, {sum(map(len, expected.values()))} points, as in metrics.jsonl and summary.json; {len(settings)} settings")
PYTHON
