"""Two pages hold the same dream: python same_page.py NEW OLD

Everything but the moments must be equal to the byte. They are where C drove, which hangs on a processor's last bits, and
are compared by their number.
"""

import base64
import json
import pathlib
import re
import sys


def parts(path: str) -> tuple[str, dict, bytes, int]:
    html = pathlib.Path(path).read_text()
    block = base64.b64decode(re.search(r'id="block">([^<]*)', html).group(1))
    size = int.from_bytes(block[8:12], "little")
    about = json.loads(block[12 : 12 + size])
    rest = block[12 + (size + 3) // 4 * 4 :]
    sizes = [int.from_bytes(rest[4 * i : 4 * i + 4], "little") for i in range(34)]
    moments = 2 * len(about["moments"]) * (sizes[0] + 2 * sizes[1])
    # Nor is the WebAssembly compared: another clang makes other bytes of the same source.
    around = re.sub(r'id="(simd|plain|block)">[^<]*', "", html)
    return around, about, rest[:-moments], len(about.pop("moments"))


new, old = parts(sys.argv[1]), parts(sys.argv[2])
for what, a, b in zip(("the page around the dream", "what it says of itself", "the network", "the number of moments"), new, old):
    if what == "what it says of itself":  # the largest reward of the moments' episode
        a.pop("usual_reward"), b.pop("usual_reward")
    if a != b:
        sys.exit(f"{sys.argv[2]}: expected {what} as `reverie export` makes it now: make it again")
print(f"{sys.argv[2]}: the same dream")
