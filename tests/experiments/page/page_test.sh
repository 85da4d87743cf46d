#!/bin/sh
# The pretrained dreams as pages: made again they are the committed ones, and one of them is driven in headless Chromium.
# The browser's part is skipped (77) where there is no Chromium or no python3, all of it where the program makes no pages.
# Usage: page_test.sh PATH_OF_REVERIE SOURCE
reverie=$1
source=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
if ! "$reverie" export "$source/experiments/pretrained/car_racing_dream" "$work/car_racing_dream.html" 2>"$work/err"; then
  cat "$work/err"
  grep -q "install clang and lld" "$work/err" && exit 77
  exit 1
fi
command -v python3 >/dev/null || { echo "no python3: skipped"; exit 77; }
for name in car_racing car_racing_dream take_cover; do
  "$reverie" export "$source/experiments/pretrained/$name" "$work/$name.html" || exit 1
  python3 "$source/tests/experiments/page/same_page.py" "$work/$name.html" "$source/experiments/pretrained/$name.html" || exit 1
done
"$reverie" export "$source/experiments/pretrained/car_racing_dream" "$work/x.html" --link 'javascript:alert(1)' 2>"$work/err" && exit 1
grep -q "expected an address that begins with https" "$work/err" || { cat "$work/err"; exit 1; }
# A stranger's run: markup and giant text in its name stay text.
mkdir "$work/run" && cp -r "$source/experiments/pretrained/take_cover" "$work/run/<script>alert(1)<"
"$reverie" export "$work/run/<script>alert(1)<" "$work/stranger.html" || exit 1
[ "$(grep -c '<script>alert' "$work/stranger.html")" = 0 ] || { echo "a name became markup"; exit 1; }
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "no Chromium: the browser's part is skipped"; exit 77; }
"${CXX:-c++}" -std=c++20 -O2 -shared -fPIC -DREVERIE_PAGE_SHARED -I "$source" -o "$work/runtime.so" \
  "$source/experiments/page/dream_runtime.cpp" || exit 1
for name in car_racing_dream take_cover; do
  python3 "$source/tests/experiments/page/page_test.py" "$browser" "$work/$name.html" --runtime "$work/runtime.so" || exit 1
done
python3 "$source/tests/experiments/page/page_test.py" "$browser" "$work/stranger.html" || exit 1
