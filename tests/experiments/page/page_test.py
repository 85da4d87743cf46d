"""Drives a page in headless Chromium, over the browser's own pipe: nothing but Python and Chromium is needed.

python page_test.py CHROMIUM PAGE.html [--minutes 0.1] [--pictures FOLDER] [--figures]

Checks that the page opens within two seconds, runs without a console line, a request or growth of memory, takes keys,
touch, sliders, nine futures, back and on, and says what is wrong when it is damaged.
"""

import argparse
import base64
import ctypes
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time


class Browser:
    def __init__(self, program: str, *flags: str):
        to_browser, self.out = os.pipe()
        self.back, from_browser = os.pipe()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--mute-audio",
                   "--disable-background-networking", "--no-first-run", f"--user-data-dir={self.folder.name}", *flags]  # fmt: skip

        def pipes():
            # Where the browser looks for them: 3 to read, 4 to write.
            keep_in, keep_out = os.dup(to_browser), os.dup(from_browser)
            os.dup2(keep_in, 3)
            os.dup2(keep_out, 4)

        self.process = subprocess.Popen(command, preexec_fn=pipes, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_browser), os.close(from_browser)
        self.number, self.buffer, self.events = 0, b"", []
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def read(self) -> dict:
        while b"\0" not in self.buffer:
            got = os.read(self.back, 1 << 20)
            if not got:
                raise RuntimeError("the browser has ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method: str, parameters: dict | None = None) -> dict:
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def run(self, script: str):
        """The value of a JavaScript expression, or of its promise."""
        result = self.call("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, path: pathlib.Path, hash: str = "") -> float:
        """Seconds until the first picture or a sentence about trouble."""
        self.events.clear()
        begin = time.time()
        self.call("Page.navigate", {"url": path.resolve().as_uri() + hash})
        while not self.run("document.readyState === 'complete' && document.body?.dataset.state !== undefined"):
            if time.time() - begin > 30:
                raise RuntimeError("the page does not open")
            time.sleep(0.02)
        return time.time() - begin

    def key(self, name: str, down: bool) -> None:
        code = {"windowsVirtualKeyCode": 9} if name == "Tab" else {}  # the browser moves the focus by the code
        self.call("Input.dispatchKeyEvent", {"type": "keyDown" if down else "keyUp", "key": name, "code": name, **code})

    def picture(self, path: pathlib.Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]))

    def console(self) -> list:
        return [e for e in self.events if e.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]

    def requests(self) -> list:
        urls = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("file:", "data:", "about:"))]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.folder.cleanup()


TESTS = "reveriePage.forTests"


def check(holds, what) -> None:
    if not holds:
        print(f"failed: {what}")
        sys.exit(1)


def value(node: dict, what: str) -> str:
    return str(node.get(what, {}).get("value", ""))


def profile(browser: Browser, seconds: float) -> str:
    """Where a frame's time goes: milliseconds a frame of each function, the largest first."""
    browser.call("Profiler.enable")
    browser.call("Profiler.setSamplingInterval", {"interval": 200})
    frames = browser.run(f"{TESTS}.frames()")
    browser.call("Profiler.start")
    time.sleep(seconds)
    result = browser.call("Profiler.stop")["profile"]
    frames = browser.run(f"{TESTS}.frames()") - frames
    name = {node["id"]: node["callFrame"]["functionName"] or "(page)" for node in result["nodes"]}
    spent: dict[str, float] = {}
    for node, delta in zip(result["samples"], result["timeDeltas"]):
        spent[name[node]] = spent.get(name[node], 0) + delta / 1000
    most = sorted(spent.items(), key=lambda item: -item[1])[:8]
    return ", ".join(f"{function} {milliseconds / max(frames, 1):.2f}" for function, milliseconds in most) + f" ms a frame over {frames} frames"


def click(browser: Browser, name: str) -> None:
    browser.run(f"document.getElementById('{name}').click()")


def drive(browser: Browser, page: pathlib.Path, pictures: pathlib.Path | None) -> None:
    opened = browser.open(page)
    check(browser.run("document.getElementById('page').hidden") is False, browser.run("document.getElementById('trouble').textContent"))
    print(f"open after {opened:.2f} s, {page.stat().st_size / 1e6:.1f} MB")
    check(opened < 4, "the page takes long to open")
    time.sleep(1.0)
    steps = browser.run(f"{TESTS}.steps()")
    check(steps > 3, f"the dream goes on by itself: {steps} steps")
    # Back, on, and again from the start: the same dream.
    browser.run(f"{TESTS}.start(1, 77); {TESTS}.pause()")
    first = browser.run(f"for (let i = 0; i < 5; ++i) {TESTS}.drive({TESTS}.act()); Array.from({TESTS}.act())")
    browser.run(f"{TESTS}.start(1, 77); {TESTS}.pause()")
    again = browser.run(f"for (let i = 0; i < 5; ++i) {TESTS}.drive({TESTS}.act()); Array.from({TESTS}.act())")
    check(first == again, "a dream begun again is the same")
    browser.run(f"{TESTS}.start(0, 5); {TESTS}.pause()")
    click(browser, "step"), click(browser, "step")
    after_two = browser.run(f"{TESTS}.pixels()")
    click(browser, "step")
    check(browser.run(f"{TESTS}.pixels()") != after_two, "a step changes the picture")
    click(browser, "back")
    check(browser.run(f"{TESTS}.pixels()") == after_two, "a step back brings the picture back")
    check(browser.run(f"{TESTS}.steps()") == 2, "steps are counted")
    # Keys, and the agent again when they are let go.
    name = browser.run(f"{TESTS}.about().keys[0].key")
    browser_key = {"Left": "ArrowLeft", "Right": "ArrowRight", "Up": "ArrowUp", "Down": "ArrowDown"}.get(name, name)
    held = "document.querySelectorAll('#hold .held').length"
    browser.key(browser_key, True)
    check(browser.run(held) == 1, "a key is held")
    browser.key(browser_key, False)
    check(browser.run(held) == 0, "a key is let go")
    # Touch on the first button.
    browser.call("Emulation.setTouchEmulationEnabled", {"enabled": True})
    browser.run("document.getElementById('hold').scrollIntoView({block: 'center'})")
    box = browser.run("(() => { const b = document.querySelector('#hold button').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
    browser.call("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": box[0], "y": box[1]}]})
    check(browser.run(held) == 1, "a finger holds a button")
    browser.call("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    check(browser.run(held) == 0, "a finger lets go")
    browser.call("Emulation.setTouchEmulationEnabled", {"enabled": False})
    # The latent: a slider changes the picture, random z too, and the walk leads from A to B.
    browser.run("document.getElementById('latent-box').open = true")
    before = browser.run(f"{TESTS}.pixels()")
    browser.run("(() => { const s = document.querySelector('#sliders input'); s.value = s.max; s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change')); })()")
    moved = browser.run(f"{TESTS}.pixels()")
    check(moved != before, "a slider changes the picture")
    click(browser, "keep-a"), click(browser, "random-z")
    check(browser.run(f"{TESTS}.pixels()") != moved, "a random z changes the picture")
    click(browser, "keep-b")
    browser.run("(() => { const s = document.getElementById('walk'); s.value = 0; s.dispatchEvent(new Event('input')); })()")
    check(browser.run(f"{TESTS}.pixels()") == moved, "the walk begins at A")
    # Nine futures.
    browser.run("document.getElementById('futures-box').open = true")
    browser.run(f"{TESTS}.start(2, 8)")
    for kind in ("same", "nine"):
        click(browser, kind)
        time.sleep(0.8)
        check(browser.run("document.querySelectorAll('#futures canvas').length") == 9, "there are nine futures")
        different = browser.run("new Set([...document.querySelectorAll('#futures canvas')].map((c) => c.toDataURL())).size")
        check(different >= 3, f"futures differ: {different}")
        if pictures:
            browser.picture(pictures / f"{page.stem}-{kind}.png")
    click(browser, "stop-futures")
    # Moments.
    browser.run("document.getElementById('moments-box').open = true")
    check(browser.run("document.querySelectorAll('#moments img').length") > 3, "there are recorded moments")
    browser.run("document.querySelectorAll('#moments button')[2].click()")
    # What a screen reader is told: every control and picture has a name, and no two controls the same one.
    named = [(value(node, "role"), value(node, "name")) for node in browser.call("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    controls = [(role, name) for role, name in named if role in ("button", "slider", "image", "img", "DisclosureTriangle", "link")]
    check(len(controls) > 20, f"a screen reader finds {len(controls)} controls and pictures")
    check(all(name.strip() for _, name in controls), f"without a name: {[role for role, name in controls if not name.strip()]}")
    buttons = [name for role, name in controls if role in ("button", "slider")]
    check(len(set(buttons)) == len(buttons), f"the same name twice: {sorted(name for name in set(buttons) if buttons.count(name) > 1)}")
    # Keyboard only: Tab reaches every control that can be used now, in the order of the page.
    browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    usable = browser.run("[...document.querySelectorAll('button, input, summary')].filter((e) => !e.disabled && e.offsetParent !== null).length")
    reached = set()
    for _ in range(usable + 5):
        browser.key("Tab", True), browser.key("Tab", False)
        reached.add(browser.run("[...document.querySelectorAll('button, input, summary')].indexOf(document.activeElement)"))
    check(len(reached - {-1}) == usable, f"Tab reaches {len(reached - {-1})} of {usable} controls")


def native_states(library: pathlib.Path, page: pathlib.Path) -> list[list[float]]:
    """The states of the same dream by the runtime compiled for this machine, which the C++ tests compare with the
    program's own dream."""
    html = page.read_text()
    block = base64.b64decode(html.split('id="block">')[1].split("<")[0])
    runtime = ctypes.CDLL(str(library))
    for name in ("reverie_allocate", "reverie_state"):
        getattr(runtime, name).restype = ctypes.c_void_p
    runtime.reverie_allocate.argtypes = [ctypes.c_size_t]
    runtime.reverie_load.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    runtime.reverie_step.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_float]
    place = runtime.reverie_allocate(len(block))
    ctypes.memmove(place, block, len(block))
    check(runtime.reverie_load(place, len(block)) == 0, "the block loads")
    size = runtime.reverie_size(0) + 2 * runtime.reverie_size(1)
    about = json.loads(block[12 : 12 + int.from_bytes(block[8:12], "little")])
    runtime.reverie_take_moment(0, 0)
    runtime.reverie_seed(0, 3, 0)
    states = []
    for _ in range(100):
        runtime.reverie_act(0, 1)
        runtime.reverie_step(0, 1, about["temperature"])
        states.append(list((ctypes.c_float * size).from_address(runtime.reverie_state(0))))
    return states


def look(browser: Browser, page: pathlib.Path, pictures: pathlib.Path) -> None:
    sizes = {"desktop": (1280, 900, 1, False), "phone": (390, 844, 2, True), "phone-wide": (844, 390, 2, True), "zoom-200": (640, 450, 2, False)}
    for name, (width, height, scale, mobile) in sizes.items():
        for scheme in ("light", "dark"):
            browser.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile})
            browser.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            browser.open(page)
            time.sleep(1.5)
            wide = browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            check(wide <= 0, f"{name}: the page is {wide} pixels too wide")
            browser.picture(pictures / f"{page.stem}-{name}-{scheme}.png")
    browser.call("Emulation.clearDeviceMetricsOverride")


def damaged(browser: Browser, page: pathlib.Path) -> None:
    html = page.read_text()
    at = html.index('id="block">') + len('id="block">')
    end = html.index("</script>", at)
    middle = (at + end) // 2
    flipped = "A" if html[middle] != "A" else "B"
    with tempfile.TemporaryDirectory() as folder:
        bad = pathlib.Path(folder) / "bad.html"
        for what, text in {
            "cut": html[:middle],
            "one letter of the weights changed": html[:middle] + flipped + html[middle + 1 :],
            "no block": html[:at] + html[end:],
        }.items():
            bad.write_text(text)
            if what == "cut":  # the last script is gone: the page must say so without it
                browser.call("Page.navigate", {"url": bad.as_uri()})
                time.sleep(1.5)
            else:
                browser.open(bad)
            said = browser.run("document.getElementById('trouble').hidden ? '' : document.getElementById('trouble').textContent")
            check("damaged" in said or "cut off" in said, f"{what}: the page says '{said}'")
    for without, words in (("WebAssembly.validate = () => false", ""), ("delete window.WebAssembly", "has no WebAssembly")):
        script = browser.call("Page.addScriptToEvaluateOnNewDocument", {"source": without})["identifier"]
        browser.open(page)
        said = browser.run("document.getElementById('trouble').textContent")
        check(words in said if words else browser.run("!document.getElementById('page').hidden"), f"{without}: '{said}'")
        browser.call("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("chromium")
    options.add_argument("page", type=pathlib.Path)
    options.add_argument("--minutes", type=float, default=0.05, help="of dreaming, for the memory")
    options.add_argument("--pictures", type=pathlib.Path, help="a folder for screenshots")
    options.add_argument("--runtime", type=pathlib.Path, help="dream_runtime.cpp as a shared library")
    options.add_argument("--figures", action="store_true", help="measure frames a second")
    args = options.parse_args()
    browser = Browser(args.chromium)
    try:
        drive(browser, args.page, args.pictures)
        check(not browser.console(), f"the console holds {browser.console()[:3]}")
        check(not browser.requests(), f"the page asked for {browser.requests()[:3]}")
        # The page's dream against its own plain way.
        script = f"(() => {{ {TESTS}.start(0, 3); {TESTS}.pause(); const all = []; for (let i = 0; i < 100; ++i) all.push({TESTS}.drive({TESTS}.act())); return all; }})()"
        browser.open(args.page)
        fast = browser.run(script)
        browser.call("Page.navigate", {"url": "about:blank"})
        browser.open(args.page, "#plain")
        plain = browser.run(script)
        worst = max(abs(a - b) for x, y in zip(fast, plain) for a, b in zip(x["state"], y["state"]))
        print(f"with and without SIMD, 100 steps: largest difference {worst:.1e}")
        check(worst < 1e-3, "SIMD and the plain way agree")
        if args.runtime:
            worst = max(abs(a - b) for x, y in zip(fast, native_states(args.runtime, args.page)) for a, b in zip(x["state"], y))
            print(f"the page and this machine's runtime, 100 steps: largest difference {worst:.1e}")
            check(worst < 1e-3, "the page dreams as the program does")
        browser.call("Page.navigate", {"url": "about:blank"})
        browser.open(args.page)
        if args.figures:
            step, one, nine = browser.run(f"{TESTS}.stepTime(300)"), browser.run(f"{TESTS}.decodeTime(1, 100)"), browser.run(f"{TESTS}.decodeTime(9, 20)")
            begin, frames = time.time(), browser.run(f"{TESTS}.frames()")
            time.sleep(4)
            rate = (browser.run(f"{TESTS}.frames()") - frames) / (time.time() - begin)
            one_frame = profile(browser, 4)
            browser.run("document.getElementById('futures-box').open = true")
            click(browser, "same")
            begin, frames = time.time(), browser.run(f"{TESTS}.frames()")
            time.sleep(4)
            nine_rate = (browser.run(f"{TESTS}.frames()") - frames) / (time.time() - begin)
            print(f"a frame: {one_frame}")
            print(f"with nine futures: {profile(browser, 4)}")
            print(f"M's step {step:.3f} ms, a picture {one:.2f} ms, nine {nine:.1f} ms; {rate:.0f} frames/s, with nine futures {nine_rate:.0f}")
        click(browser, "stop-futures")
        click(browser, "new")
        browser.call("HeapProfiler.collectGarbage")
        before = browser.run("[performance.memory.usedJSHeapSize, reveriePage.forTests.memory()]")
        until = time.time() + 60 * args.minutes
        while time.time() < until:
            click(browser, "new")
            time.sleep(1)
        browser.call("HeapProfiler.collectGarbage")
        after = browser.run("[performance.memory.usedJSHeapSize, reveriePage.forTests.memory()]")
        print(f"memory after {args.minutes} minutes: {before[0] / 1e6:.1f} -> {after[0] / 1e6:.1f} MB of JavaScript, {after[1] / 1e6:.1f} MB of WebAssembly")
        check(after[0] < before[0] + 4e6 and after[1] == before[1], "memory grows")
        if args.pictures:
            look(browser, args.page, args.pictures)
        damaged(browser, args.page)
        markup = re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", args.page.read_text())
        check(not markup, f"the page refers to {markup}")
    finally:
        browser.close()
    print("the page works")


if __name__ == "__main__":
    main()
