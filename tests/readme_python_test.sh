#!/bin/sh
# The README's Python lines run as they stand there, on a small run, and what they read is what the README says: V's
# layout, followed with NumPy, gives the latents that the run stored. Skipped (77) where no Python has the modules;
# REVERIE_PYTHON names one that has. Usage: readme_python_test.sh PATH_OF_REVERIE SOURCE
reverie=$1
source=$2
python=${REVERIE_PYTHON:-python3}
"$python" -c 'import numpy, safetensors, zstandard' 2>/dev/null || { echo "$python lacks modules: skipped"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
ln -s "$source/experiments" experiments
"$reverie" train "$source/configs/smoke.yaml" --run runs/quickstart iterations=1 precision=float32 2>err || { cat err; exit 1; }
sed -n '/^```python$/,/^```$/p' "$source/README.md" | grep -v '^```' >lines.py
cat lines.py - >test.py <<'PYTHON'

steps = len(episode["rewards"])
assert len(frames) == steps + 1 and frames[0].shape == (64, 64, 3), (len(frames), steps)
assert episode["actions"].shape == (steps, 3) and episode["terminated"].shape == (steps,), episode
assert 0 < frames[0].mean() < 255 and (frames[0] != frames[-1]).any()

def encode(vae, frame):
    x = frame.transpose(2, 0, 1).astype(numpy.float32) / 255
    for layer in "1234":
        windows = numpy.lib.stride_tricks.sliding_window_view(x, (4, 4), (1, 2))[:, ::2, ::2]
        x = numpy.einsum("chwij,ocij->ohw", windows, vae[f"conv{layer}_weight"]) + vae[f"conv{layer}_bias"][:, None, None]
        x = x.clip(0)
    return numpy.split(x.transpose(1, 2, 0).ravel() @ vae["head_weight"] + vae["head_bias"], 2)

own = load_file("runs/quickstart/iteration-00/vae.safetensors")
latents = load_file("runs/quickstart/iteration-00/latents/latents-000000.safetensors")
for t in (0, steps):
    for found, stored in zip(encode(own, frames[t]), (latents["mean"][t], latents["log_variance"][t])):
        assert numpy.allclose(found, stored, atol=2e-3), (t, found, stored)
assert numpy.abs(latents["mean"]).max() > 0.01  # zeros would prove nothing

z, h = 32, 256
assert mdn_rnn["lstm_input"].shape == (z + 3, 4 * h) and mdn_rnn["lstm_hidden"].shape == (h, 4 * h)
assert mdn_rnn["head_weight"].shape == (h, 512) and mdn_rnn["mixture_weight"].shape == (512, 3 * 5 * z)
assert mdn_rnn["reward_weight"].shape == (512, 1) and mdn_rnn["reward_levels"].shape == (2,)
assert vae["deconv1_weight"].shape == (512, 5 * 5 * 64) and vae["deconv2_weight"].shape == (64, 32, 5, 5)
print(f"{steps} steps read, V followed")
PYTHON
"$python" test.py
