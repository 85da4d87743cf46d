"use strict";
// A dream in a page. The runtime (dream_runtime.h) has the network and the dreams; this file has the clock, the
// controls and the pictures. Row 0 is the dream that is driven, rows 1 to 9 are its futures, row 10 draws moments and
// latents that are only looked at.
const reveriePage = (() => {
  const FUTURES = 9;
  const LOOK = 10; // the row for what is only looked at
  const KEPT = 500; // steps that can be taken back
  const byId = (id) => document.getElementById(id);

  let runtime; // exports of the WebAssembly module
  let about; // the block's JSON
  let latent = 0; // sizes
  let stateSize = 0;
  let actions = 0;
  const held = new Map(); // key of the game -> milliseconds when its hold began
  const past = []; // what each step began with
  const curve = { reward: [], end: [] };
  let paused = false;
  let over = false;
  let steps = 0;
  let startMoment = 0;
  let startSeed = 1;
  let nextSeed = 1;
  let temperature = 1;
  let futures = null; // {kind, actions} while they run
  let zHeld = false; // the dream waits while a latent is held
  let keptA = null;
  let keptB = null;
  let owed = 0; // milliseconds of dream that are still to be stepped
  let lastTime = 0;

  // ---- opening

  function trouble(text) {
    byId("trouble").textContent = text;
    byId("trouble").hidden = false;
    byId("page").hidden = true;
    document.body.dataset.state = "trouble";
  }

  function bytesOf(id) {
    const element = byId(id);
    if (element === null) {
      return null;
    }
    const text = atob(element.textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) {
      bytes[i] = text.charCodeAt(i);
    }
    return bytes;
  }

  // A module of one function that returns a vector: valid only where SIMD is.
  const SIMD_PROBE = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
  ]);

  async function open() {
    try {
      if (typeof WebAssembly !== "object") {
        trouble("This browser has no WebAssembly, which the network runs in. A newer browser opens this page.");
        return;
      }
      const simd = WebAssembly.validate(SIMD_PROBE) && !location.hash.includes("plain");
      let block = null;
      let code = null;
      try {
        code = bytesOf(simd ? "simd" : "plain");
        block = bytesOf("block");
      } catch {
        block = null;
      }
      if (code === null || block === null) {
        trouble("This page is cut off or damaged: its network is not whole. Please get it again.");
        return;
      }
      const instance = (await WebAssembly.instantiate(code, {})).instance;
      runtime = instance.exports;
      const place = runtime.reverie_allocate(block.length);
      memory().set(block, place);
      const fault = runtime.reverie_load(place, block.length);
      if (fault !== 0) {
        trouble(
          fault === 3
            ? "This page's network was made by another version of the program: this page cannot run it."
            : "This page is damaged: its network is not as it was made. Please get it again.",
        );
        return;
      }
      const text = memory().slice(runtime.reverie_text(), runtime.reverie_text() + runtime.reverie_text_size());
      about = JSON.parse(new TextDecoder().decode(text));
      begin();
    } catch (error) {
      trouble(
        error instanceof WebAssembly.RuntimeError || error instanceof RangeError
          ? "There is too little memory for this network."
          : "This page could not be opened: it is damaged, or this browser lacks something that it needs.",
      );
    }
  }

  function memory() {
    return new Uint8Array(runtime.memory.buffer);
  }
  function floats(place, count) {
    return new Float32Array(runtime.memory.buffer, place, count);
  }
  const stateOf = (row) => floats(runtime.reverie_state(row), stateSize);
  const actionOf = (row) => floats(runtime.reverie_action(row), actions);

  function begin() {
    latent = runtime.reverie_size(0);
    stateSize = latent + 2 * runtime.reverie_size(1);
    actions = runtime.reverie_size(4);
    temperature = about.temperature;
    document.title = about.title;
    byId("title").textContent = about.title;
    byId("sentence").textContent = `The network imagines this; no game is running. ${about.sentence}`;
    byId("about").textContent = about.about;
    if (about.link) {
      const link = document.createElement("a");
      link.href = about.link;
      link.textContent = "Where this comes from";
      byId("about").append(" ", link);
    }
    byId("temperature").value = String(temperature);
    for (const key of about.keys) {
      addHoldButton(key);
    }
    addControls();
    addSliders();
    addMoments();
    byId("trouble").hidden = true;
    byId("page").hidden = false;
    document.body.dataset.state = "open";
    startAt(0, nextSeed++);
    requestAnimationFrame(frame);
  }

  // ---- the dream

  function startAt(moment, seed) {
    startMoment = moment;
    startSeed = seed;
    stopFutures();
    past.length = curve.reward.length = curve.end.length = 0;
    steps = 0;
    over = false;
    owed = 0;
    runtime.reverie_take_moment(0, moment);
    runtime.reverie_seed(0, seed >>> 0, Math.floor(seed / 4294967296));
    draw();
    say("");
  }

  function newDream() {
    startAt(Math.floor(Math.random() * about.moments.length), nextSeed++);
  }

  // The person's components over the agent's. A group of keys is the person's as soon as one of them is held.
  function chooseAction(now) {
    runtime.reverie_act(0, 1);
    const action = actionOf(0);
    const groups = new Set();
    for (const key of about.keys) {
      if (held.has(key.key)) {
        groups.add(key.group);
      }
    }
    if (groups.size === 0) {
      return action;
    }
    if (about.discrete) {
      action.fill(0);
      const key = about.keys.find((one) => held.has(one.key));
      action[key.component] = 1;
      return action;
    }
    for (const key of about.keys) {
      if (groups.has(key.group)) {
        action[key.component] = 0;
      }
    }
    for (const key of about.keys) {
      if (held.has(key.key)) {
        const share = key.ramp > 0 ? Math.min(1, (now - held.get(key.key) + 1000 / about.steps_per_second) / (1000 * key.ramp)) : 1;
        const component = key.component;
        action[component] = Math.min(about.high[component], Math.max(about.low[component], action[component] + key.value * share));
      }
    }
    return action;
  }

  function stepOnce(now) {
    if (over) {
      return;
    }
    const action = chooseAction(now);
    past.push({ state: stateOf(0).slice(), position: runtime.reverie_position(0) });
    if (past.length > KEPT) {
      past.shift();
    }
    if (futures !== null) {
      stepFutures(action);
    }
    runtime.reverie_step(0, 1, temperature);
    ++steps;
    curve.reward.push(runtime.reverie_reward(0));
    curve.end.push(runtime.reverie_end(0));
    if (curve.reward.length > KEPT) {
      curve.reward.shift();
      curve.end.shift();
    }
    if (runtime.reverie_ended(0) !== 0) {
      over = true;
      say(`The network says that it ends here, after ${steps} steps.`);
    }
  }

  function stepBack() {
    const before = past.pop();
    if (before === undefined) {
      return;
    }
    setPaused(true);
    stateOf(0).set(before.state);
    runtime.reverie_seek(0, before.position);
    --steps;
    curve.reward.pop();
    curve.end.pop();
    over = false;
    say("");
    draw();
  }

  // ---- futures

  function startFutures(kind) {
    futures = { kind, actions: kind === "nine" ? nineActions() : null, names: [] };
    const box = byId("futures");
    box.replaceChildren();
    for (let i = 0; i < FUTURES; ++i) {
      const row = i + 1;
      stateOf(row).set(stateOf(0));
      runtime.reverie_seed(row, (startSeed + 1000 * (i + 1) + steps) >>> 0, 7);
      const figure = document.createElement("figure");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 64;
      canvas.setAttribute("role", "img");
      const name = kind === "nine" ? futures.actions[i].name : `chance ${i + 1}`;
      canvas.setAttribute("aria-label", `Future ${i + 1}: ${name}`);
      const caption = document.createElement("figcaption");
      caption.textContent = name;
      figure.append(canvas, caption);
      box.append(figure);
    }
    byId("stop-futures").disabled = false;
    setPaused(false);
  }

  // Three values of the first two components, or of the only one; each discrete action in turn.
  function nineActions() {
    const chosen = [];
    const three = (component) => {
      const low = about.low[component];
      const high = about.high[component];
      return [low, (low + high) / 2, high];
    };
    for (let i = 0; i < FUTURES; ++i) {
      const action = new Float32Array(actions);
      let name = "";
      if (about.discrete) {
        action[i % actions] = 1;
        name = about.action_names[i % actions];
      } else {
        action[0] = actions > 1 ? three(0)[i % 3] : about.low[0] + ((about.high[0] - about.low[0]) * i) / (FUTURES - 1);
        name = `${about.action_names[0]} ${action[0].toFixed(2)}`;
        if (actions > 1) {
          action[1] = three(1)[2 - Math.floor(i / 3)];
          name += `, ${about.action_names[1]} ${action[1].toFixed(2)}`;
        }
      }
      chosen.push({ action, name });
    }
    return chosen;
  }

  function stepFutures(action) {
    for (let i = 0; i < FUTURES; ++i) {
      actionOf(i + 1).set(futures.actions === null ? action : futures.actions[i].action);
    }
    runtime.reverie_step(1, FUTURES, temperature);
  }

  function stopFutures() {
    futures = null;
    byId("stop-futures").disabled = true;
  }

  // ---- pictures

  function show(row, canvas) {
    const place = runtime.reverie_pixels(row);
    const pixels = new Uint8ClampedArray(runtime.memory.buffer, place, 64 * 64 * 4);
    canvas.getContext("2d").putImageData(new ImageData(pixels.slice(), 64, 64), 0, 0);
  }

  function draw() {
    runtime.reverie_decode(0, 1);
    show(0, byId("picture"));
    if (futures !== null) {
      runtime.reverie_decode(1, FUTURES);
      const canvases = byId("futures").querySelectorAll("canvas");
      for (let i = 0; i < canvases.length; ++i) {
        show(i + 1, canvases[i]);
      }
    }
    drawLines();
    if (byId("latent-box").open && !zHeld) {
      followSliders();
    }
  }

  function drawLines() {
    const canvas = byId("lines");
    const context = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const paint = (values, low, high, color) => {
      context.strokeStyle = style.getPropertyValue(color);
      context.lineWidth = 2;
      context.beginPath();
      for (let i = 0; i < values.length; ++i) {
        const x = (i / (KEPT - 1)) * canvas.width;
        const y = canvas.height - 4 - ((values[i] - low) / (high - low || 1)) * (canvas.height - 8);
        if (i === 0) {
          context.moveTo(x, y);
        } else {
          context.lineTo(x, y);
        }
      }
      context.stroke();
    };
    let low = Math.min(0, ...curve.reward);
    let high = Math.max(about.usual_reward, ...curve.reward);
    paint(curve.reward, low, high, "--dream");
    if (about.ends) {
      paint(curve.end, 0, 1, "--game");
    }
    const sum = curve.reward.reduce((total, value) => total + value, 0);
    byId("lines-say").textContent =
      `Promised reward (orange): ${sum.toFixed(1)} over the last ${curve.reward.length} steps.` +
      (about.ends ? " Promised end (blue): how likely the network finds it that this step ends the game." : "");
  }

  function say(text) {
    byId("now").textContent = text;
  }

  // ---- controls

  function setPaused(value) {
    paused = value;
    byId("pause").textContent = paused ? "Go on" : "Pause";
  }

  function hold(key, on) {
    if (on && !held.has(key.key)) {
      held.set(key.key, performance.now());
    } else if (!on) {
      held.delete(key.key);
    }
    key.button.classList.toggle("held", on);
    byId("sentence").classList.toggle("driven", held.size > 0);
  }

  function addHoldButton(key) {
    const button = document.createElement("button");
    button.textContent = key.what;
    button.setAttribute("aria-label", `Hold to ${key.what}`);
    key.button = button;
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      hold(key, true);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      button.addEventListener(name, () => hold(key, false));
    }
    for (const [name, on] of [
      ["keydown", true],
      ["keyup", false],
    ]) {
      button.addEventListener(name, (event) => {
        if (event.key === " " || event.key === "Enter") {
          hold(key, on);
          event.preventDefault();
          event.stopPropagation();
        }
      });
    }
    byId("hold").append(button);
  }

  const BROWSER_KEYS = { Left: "ArrowLeft", Right: "ArrowRight", Up: "ArrowUp", Down: "ArrowDown" };

  function gameKey(event) {
    return about.keys.find(
      (key) => (BROWSER_KEYS[key.key] || key.key.toLowerCase()) === (event.key.length === 1 ? event.key.toLowerCase() : event.key),
    );
  }

  function addControls() {
    const press = (id, action) => byId(id).addEventListener("click", action);
    press("pause", () => setPaused(!paused));
    press("step", () => {
      setPaused(true);
      stepOnce(performance.now());
      draw();
    });
    press("back", stepBack);
    press("again", () => startAt(startMoment, startSeed));
    press("new", newDream);
    press("same", () => startFutures("same"));
    press("nine", () => startFutures("nine"));
    press("stop-futures", stopFutures);
    byId("temperature").addEventListener("input", () => {
      temperature = Number(byId("temperature").value);
      sayTemperature();
    });
    sayTemperature();
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") {
        return;
      }
      const key = gameKey(event);
      if (key) {
        hold(key, true);
        event.preventDefault();
      } else if (event.key === " " && event.target.tagName !== "BUTTON" && event.target.tagName !== "SUMMARY") {
        setPaused(!paused);
        event.preventDefault();
      } else if (event.key.toLowerCase() === "n") {
        newDream();
      } else if (event.key.toLowerCase() === "r") {
        startAt(startMoment, startSeed);
      }
    });
    document.addEventListener("keyup", (event) => {
      const key = gameKey(event);
      if (key) {
        hold(key, false);
      }
    });
    window.addEventListener("blur", () => about.keys.forEach((key) => hold(key, false)));
    document.addEventListener("visibilitychange", () => {
      lastTime = 0;
    });
  }

  function sayTemperature() {
    byId("warmth").textContent = temperature.toFixed(2);
    byId("temperature-says").textContent =
      temperature < 0.5
        ? "Cold: the network hardly doubts; it is easy to cheat."
        : temperature > 1.4
          ? "Hot: much happens that the game would not do."
          : "Near 1: as much chance as the network believes in.";
  }

  // ---- the latent

  function addSliders() {
    for (const one of about.sliders) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "range";
      input.min = String(one.mean - 3 * one.deviation);
      input.max = String(one.mean + 3 * one.deviation);
      input.step = "any";
      input.setAttribute("aria-label", `z ${one.index}`);
      label.append(`z ${one.index}`, input);
      one.input = input;
      input.addEventListener("input", () => {
        zHeld = true;
        stateOf(0)[one.index] = Number(input.value);
        draw();
      });
      for (const name of ["change", "pointerup", "blur"]) {
        input.addEventListener(name, () => {
          zHeld = false;
        });
      }
      byId("sliders").append(label);
    }
    byId("random-z").addEventListener("click", () => {
      const state = stateOf(0);
      for (const one of about.sliders) {
        const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
        state[one.index] = one.mean + one.deviation * normal;
      }
      draw();
      followSliders();
    });
    const keep = () => stateOf(0).slice(0, latent);
    byId("keep-a").addEventListener("click", () => {
      keptA = keep();
      readyToWalk();
    });
    byId("keep-b").addEventListener("click", () => {
      keptB = keep();
      readyToWalk();
    });
    byId("walk").addEventListener("input", () => {
      setPaused(true);
      const share = Number(byId("walk").value);
      const state = stateOf(0);
      for (let i = 0; i < latent; ++i) {
        state[i] = (1 - share) * keptA[i] + share * keptB[i];
      }
      draw();
    });
    byId("latent-box").addEventListener("toggle", followSliders);
  }

  function readyToWalk() {
    byId("walk").disabled = keptA === null || keptB === null;
  }

  function followSliders() {
    const state = stateOf(0);
    for (const one of about.sliders) {
      one.input.value = String(state[one.index]);
    }
  }

  // ---- moments

  function addMoments() {
    about.moments.forEach((moment, i) => {
      const button = document.createElement("button");
      const pair = document.createElement("div");
      pair.className = "pair";
      const original = new Image();
      original.src = `data:image/png;base64,${moment.picture}`;
      original.alt = "the game's picture";
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 64;
      runtime.reverie_take_moment(LOOK, i);
      runtime.reverie_decode(LOOK, 1);
      show(LOOK, canvas);
      pair.append(original, canvas);
      button.append(pair, moment.name);
      button.setAttribute("aria-label", `Dream from ${moment.name}`);
      button.addEventListener("click", () => {
        startAt(i, nextSeed++);
        byId("picture").scrollIntoView({ block: "center" });
      });
      byId("moments").append(button);
    });
  }

  // ---- the clock

  function frame(time) {
    const since = lastTime === 0 ? 0 : Math.min(time - lastTime, 100); // a page that was asleep does not catch up
    lastTime = time;
    if (!paused && !zHeld && !over) {
      owed += since;
      const stepTime = 1000 / about.steps_per_second;
      let stepped = false;
      while (owed >= stepTime) {
        owed -= stepTime;
        stepOnce(time);
        stepped = true;
      }
      if (stepped) {
        draw();
      }
    }
    ++frames;
    requestAnimationFrame(frame);
  }
  let frames = 0;

  // For tests: the dream by hand, and what the page has done.
  const forTests = {
    frames: () => frames,
    steps: () => steps,
    paused: () => paused,
    about: () => about,
    start: startAt,
    pause: () => setPaused(true),
    drive(action) {
      actionOf(0).set(action);
      runtime.reverie_step(0, 1, temperature);
      return {
        state: Array.from(stateOf(0)),
        reward: runtime.reverie_reward(0),
        end: runtime.reverie_end(0),
      };
    },
    act() {
      runtime.reverie_act(0, 1);
      return Array.from(actionOf(0));
    },
    pixels() {
      runtime.reverie_decode(0, 1);
      const place = runtime.reverie_pixels(0);
      return Array.from(memory().slice(place, place + 64 * 64 * 4));
    },
    setTemperature(value) {
      temperature = value;
    },
    decodeTime(rows, repeats) {
      const from = performance.now();
      for (let i = 0; i < repeats; ++i) {
        runtime.reverie_decode(0, rows);
      }
      return (performance.now() - from) / repeats;
    },
    stepTime(repeats) {
      const from = performance.now();
      for (let i = 0; i < repeats; ++i) {
        runtime.reverie_step(LOOK, 1, 1);
      }
      return (performance.now() - from) / repeats;
    },
    memory: () => runtime.memory.buffer.byteLength,
  };

  document.addEventListener("DOMContentLoaded", open);
  return { forTests };
})();
