#!/bin/sh
# What the program says and returns when it is called wrongly. Usage: command_line_test.sh PATH_OF_REVERIE
reverie=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect CODE PATTERN ARGUMENTS...: exit code, nothing on standard output, one line on standard error that fits the pattern.
expect() {
  code=$1
  pattern=$2
  shift 2
  "$reverie" "$@" >out 2>err </dev/null
  found=$?
  line=$(cat err)
  fits=no
  # shellcheck disable=SC2254
  case $line in $pattern) fits=yes ;; esac
  if [ $found -ne "$code" ] || [ "$(wc -l <err)" -ne 1 ] || [ -s out ] || [ $fits = no ]; then
    printf 'reverie %s\n  expected %s and %s\n  found %s and %s\n' "$*" "$code" "$pattern" "$found" "$line"
    failed=1
  fi
}

expect 2 'error: *subcommand*'
expect 2 "error: unknown command 'dance' (known: train, *)" dance
expect 2 'error: *target is required*' train
expect 2 'error: *--speed*' info --speed
expect 2 'error: *--in*heaven*' evaluate run --in heaven
expect 2 'error: *--episodes*' evaluate run --episodes 0
expect 2 'error: --starts and --horizon are for dreams: expected --in dream' evaluate run --horizon 10
expect 2 'error: none.yaml: cannot be read: No such file or directory' train none.yaml
expect 2 'error: none: no such run folder' evaluate none

echo 'seed: 1' >one.yaml
# Numbers: decimal, finite and in range, as in a config.
expect 2 "error: --seed: expected a number from 0 to 18446744073709551615, found '-1'*" evaluate run --seed -1
expect 2 "error: --seed: expected a number from 0 to 18446744073709551615, found '18446744073709551616'*" play run --seed=18446744073709551616
expect 2 "error: --seed: expected a whole number in decimal digits, found '0x10'*" evaluate run --seed 0x10
expect 2 "error: --episodes: expected a whole number in decimal digits, found '1e3'*" evaluate run --episodes 1e3
expect 2 "error: --jobs: expected a number from *, found '4294967297'*" sweep run --jobs 4294967297
expect 2 "error: --scale: expected a number like 3, 0.5 or 1e-4, found 'nan'*" play run --scale nan
expect 2 "error: --seconds: expected a number *, found '1e999'*" play run --seconds 1e999
expect 2 "error: --temperatures: expected a number like *, found 'inf'*" compare run --temperatures 0.5,inf
expect 2 "error: --size: *" play run --size 0x500
echo '0,+0.5,7.7e-53' >actions.csv
"$reverie" trace --game car_racing --seed 010 --actions actions.csv --frames 00,01 --out t.json || failed=1
grep -q '"frame_steps":\[0,1\].*"seed":10[,}]' t.json || { echo '--seed 010: expected seed 10'; failed=1; }

# ~ is the home folder wherever a path begins with it.
HOME=$work/home
export HOME
expect 2 "error: $HOME/x: no such run folder" evaluate '~/x'
expect 2 "error: $HOME/x: no such run folder" train one.yaml '--from=~/x:2'
expect 2 "error: $HOME/x.yaml: cannot be read: *" train '~/x.yaml' '--run=~/y'
expect 2 "error: --run: expected a path, or one in your home folder as ~/NAME, found '~you/x'*" train one.yaml '--run=~you/x'
"$reverie" trace --game car_racing --actions actions.csv '--out=~/t.json' 2>err
[ ! -e '~' ] || { echo '--out=~/t.json: a folder called ~'; failed=1; }

echo 'vea: {}' >misspelt.yaml
expect 2 "error: misspelt.yaml:1:1: unknown key 'vea' (known: *did you mean vae?)" train misspelt.yaml
echo 'seed: x' >type.yaml
expect 2 "error: type.yaml:1:7: seed: expected a whole number in decimal digits, found 'x'" train type.yaml
expect 2 'error: command line: seed=-1: *' train type.yaml seed=-1
expect 2 'error: command line: seed: expected key=value' train type.yaml seed
expect 2 'error: new line.yaml: *' train 'new
line.yaml'

# A driver of SDL's that nobody sees counts as no display; without the window the message says so.
SDL_VIDEODRIVER=dummy
export SDL_VIDEODRIVER
expect 1 'error: *window*' play one.yaml
expect 2 'error: --size: *' play one.yaml --size 5x5
expect 2 'error: *--mode*' play one.yaml --mode sleep
expect 2 'error: *--scale*' play one.yaml --scale 9
expect 2 'error: play: expected a run folder or a config file, or two to see side by side, found 0' play
expect 2 'error: play: expected * found 3' play one.yaml one.yaml seed=2 one.yaml

expect 2 "error: compare: expected one run and key=value, found 'two' (several runs on one page: reverie report one two)" compare one two
expect 2 'error: *--seed excludes --closing*' evaluate run --closing --seed 3
expect 2 'error: none: no such run folder' evaluate none --closing
expect 2 'error: *run is required*' export
expect 2 'error: none: no such run folder' export none copy
expect 2 'error: *runs is required*' report
expect 2 'error: none: no such run folder' report none
expect 2 "error: --out numbers.json: expected the page's name, FILE.html" report none --out numbers.json

mkdir notes
echo hello >notes/letter.txt
expect 2 'error: notes: is not a run folder: it has no config.yaml' evaluate notes
expect 2 'error: notes: is not a run folder: it has no config.yaml' report notes
expect 2 'error: notes: is not a run folder: it has no config.yaml' train one.yaml --run notes
expect 1 'error: notes/letter.txt/run: *' train one.yaml --run notes/letter.txt/run
expect 2 'error: notes: is not a run folder: it has no config.yaml' train notes
expect 2 'error: two run folders given: notes and --run other' train notes --run other
expect 2 'error: --keep says what to keep of another run: expected --from RUN' train one.yaml --keep episodes
expect 2 'error: none: no such run folder' train one.yaml --from none --run other
expect 2 'error: *--run is required*' sweep one.yaml seed=1,2
expect 2 'error: expected a key with several values to sweep over: *' sweep one.yaml --run other
expect 2 'error: seed=1: expected each combination once, found it twice' sweep one.yaml seed=1,1 --run other
expect 2 "error: notes: is not a sweep's folder: it has no sweep.json" sweep one.yaml seed=1,2 --run notes
expect 2 'error: none: no such run folder' sweep one.yaml seed=1,2 --from none --run other
[ ! -e other ] || { echo 'what was refused left a folder'; failed=1; }
mkdir young damaged
cp one.yaml young/config.yaml
cp one.yaml damaged/config.yaml
echo nonsense >damaged/metrics.jsonl
expect 2 'error: young: this run was given twice' report young young/
expect 1 'error: damaged/metrics.jsonl:1: expected a JSON object with stage, iteration and step' report young damaged
[ ! -e report.html ] && [ ! -e report.json ] || { echo 'a report that failed left a page'; failed=1; }
expect 1 'error: notes/letter.txt: cannot be created: Not a directory' report young --out notes/letter.txt/page.html
expect 0 'wrote pages/young.html and pages/young.json' report young --out pages/young.html
[ -s pages/young.html ] && [ -s pages/young.json ] || { echo 'reverie report: expected a page and its numbers'; failed=1; }
[ "$(ls notes)" = letter.txt ] || { echo 'a folder that is not a run was touched'; failed=1; }

for ask in --help --version 'train --help'; do
  # shellcheck disable=SC2086
  "$reverie" $ask >out 2>err || { echo "reverie $ask failed"; failed=1; }
  [ -s out ] && [ ! -s err ] || { echo "reverie $ask: expected an answer on standard output alone"; failed=1; }
done

# What cannot be written is said on one line, and the exit code is 1: the last one in `code`.
fails() {
  if [ "$(cat code)" -ne 1 ] || [ "$(wc -l <err)" -ne "$1" ] || ! grep -q "^$2" err; then
    printf '%s\n  expected exit code 1 and %s\n  found %s and %s\n' "$3" "$2" "$(cat code)" "$(cat err)"
    failed=1
  fi
}
full='error: standard output: cannot be written: No space left on device'
gone='error: standard output: cannot be written: Broken pipe'
for ask in 'config --defaults' 'config young' '--help' 'config --help' 'info --json'; do
  # shellcheck disable=SC2086
  if [ -c /dev/full ]; then
    "$reverie" $ask >/dev/full 2>err
    echo $? >code
    sed -i '/^warning: matrix products/d' err  # of info, on a slow machine
    fails 1 "$full" "reverie $ask >/dev/full"
  fi
done
{ sleep 0.3; "$reverie" config --defaults 2>err; echo $? >code; } | true
fails 1 "$gone" 'reverie config | true'
"$reverie" config --defaults 2>err >&-
echo $? >code
fails 1 'error: standard output: cannot be written: Bad file descriptor' 'reverie config >&-'
# Messages whose reader has gone: the work is done, and the exit code tells.
{ sleep 0.3; "$reverie" report young --out unread.html; echo $? >code; } 2>&1 | true
[ "$(cat code)" -eq 1 ] && [ -s unread.html ] || { echo 'report whose messages nobody reads: expected 1 and the page'; failed=1; }
"$reverie" report young --out silent.html 2>&- || { echo 'report without standard error: expected 0'; failed=1; }
[ "$(tail -c 8 silent.html)" = '</html>' ] || { echo 'report without standard error: messages went into the page'; failed=1; }
(ulimit -f 1; "$reverie" report young --out large.html 2>err; echo $? >code)
fails 1 'error: large.*: cannot be written: File too large' 'ulimit -f 1; reverie report'
[ ! -e large.html ] || { echo 'ulimit -f 1: a page that is not whole was left'; failed=1; }

# Outputs that are no plain files stay what they are.
echo 0 >actions.txt
mkfifo pipe
timeout 20 cat pipe >read &
"$reverie" trace --game car_racing --actions actions.txt --out pipe 2>err || cat err
wait
grep -q '"schema"' read && [ -p pipe ] || { echo 'trace --out PIPE: its reader got nothing'; failed=1; }
mkdir far
ln -s ../far/page.html pages/link.html
"$reverie" report young --out pages/link.html 2>err || cat err
[ -h pages/link.html ] && [ -s far/page.html ] || { echo 'report --out LINK: expected the file that it names'; failed=1; }

# Refused before the work.
expect 1 'error: none/t.json: cannot be written: No such file or directory' trace --game car_racing --actions actions.txt --out none/t.json
mkdir taken.html taken_step_001.png
expect 1 'error: taken_step_001.png: cannot be replaced: Is a directory' trace --game car_racing --actions actions.txt --frames 1 --out taken.json
[ ! -e taken.json ] || { echo 'trace: a record without its picture'; failed=1; }
expect 1 'error: taken.html: cannot be replaced: Is a directory' report young --out taken.html
[ ! -e taken.json ] || { echo 'report: numbers without their page'; failed=1; }
mkdir young/report.json
expect 1 'error: young/report.json: cannot be replaced: Is a directory' compare young

"$reverie" info --json >out 2>/dev/null || { echo 'reverie info --json failed'; failed=1; }
[ "$(wc -l <out)" -eq 1 ] && grep -q '"libtorch"' out || { echo 'reverie info --json: expected one line of JSON'; failed=1; }

exit $failed
