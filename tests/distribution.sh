#!/usr/bin/env bash
# Do the README's two commands work on a bare Debian? Makes one with debootstrap, copies this tree into it and runs both there.
# As root. What is in this tree and not committed is copied too.
#
#   tests/distribution.sh bookworm|trixie [OPTION ...] [-- CTEST_OPTION ...]
#     --tree FOLDER    the Debian is made there and kept, and gone on with next time; else in a temporary folder
#     --only WHAT      tests (tests/run.sh) or quickstart (experiments/quickstart.sh with tiny amounts); else both
#     --run COMMAND    this shell command in the copy instead, for a closer look: /reverie is the current folder
#   MIRROR=URL         where the packages come from; else the mirror of this machine's own apt
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
. experiments/setup.sh
usage() { sed -n '2,9s/^# \{0,1\}//p' tests/distribution.sh >&2; exit 2; }

suite=${1:-}
case $suite in bookworm | trixie) shift ;; *) usage ;; esac
arguments=("$@") tree="" only="" command=""
while [ $# -gt 0 ]; do
  case $1 in
    --tree | --only | --run)
      [ $# -ge 2 ] || usage
      case $1 in --tree) tree=$2 ;; --only) only=$2 ;; --run) command=$2 ;; esac
      shift 2 ;;
    --) shift; break ;;
    *) usage ;;
  esac
done
case $only in "" | tests | quickstart) ;; *) usage ;; esac
[ "$(id -u)" -eq 0 ] || fail "tests/distribution.sh makes a file system of its own: run it as root"

# Once more in a mount namespace of its own: what is mounted there goes with the last process, however this script ends.
if [ -z "${REVERIE_DISTRIBUTION_INSIDE:-}" ]; then
  need_packages debootstrap
  temporary=""
  if [ -z "$tree" ]; then
    temporary=$(mktemp -d "${TMPDIR:-/var/tmp}/reverie-$suite.XXXXXX")
    tree=$temporary/tree
    trap 'rm -rf --one-file-system "$temporary"' EXIT
  fi
  mkdir -p "$(cd "$here" && realpath -m "$tree")"
  REVERIE_DISTRIBUTION_INSIDE=$(cd "$here" && realpath "$tree") \
    unshare --mount "tests/distribution.sh" "$suite" "${arguments[@]}"
  exit
fi
tree=$REVERIE_DISTRIBUTION_INSIDE

if [ ! -e "$tree/.$suite-made" ]; then
  [ -z "$(ls -A "$tree")" ] || fail "$tree: expected an empty folder or a $suite that this script made"
  mirror=${MIRROR:-$(apt-get indextargets 'Origin: Debian' 'Label: Debian' --format '$(REPO_URI)' | sort -u | head -n 1)}
  [ -n "$mirror" ] || fail "this machine's apt names no mirror of Debian: say MIRROR=URL"
  say "making $suite in $tree"
  log=$(mktemp)
  debootstrap --variant=minbase "$suite" "$tree" "$mirror" >"$log" 2>&1 ||
    { tail -n 20 "$log" "$tree/debootstrap/debootstrap.log" >&2 || true; fail "debootstrap did not succeed"; }
  rm -f "$log"
  touch "$tree/.$suite-made"
fi

# As this machine reaches the network, so does the tree: names, proxies, checks of apt.
cp -L /etc/resolv.conf /etc/hosts "$tree/etc/"
apt-config dump | grep -E '^Acquire::(https?::|Check|Retries)' >"$tree/etc/apt/apt.conf.d/99host" || true
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/ca-certificates.crt"

mount -t proc proc "$tree/proc"
mount --rbind /sys "$tree/sys"
mount --rbind /dev "$tree/dev"

say "copying this tree to $tree/reverie"
mkdir -p "$tree/reverie"
find "$tree/reverie" -mindepth 1 -maxdepth 1 ! -name 'build*' ! -name runs -exec rm -rf {} +
tar -c --exclude='./build*' --exclude=./runs --exclude=./.git . | tar -x -C "$tree/reverie"

inside() {  # COMMAND [ARGUMENT ...]
  say "in $suite: $*"
  local certificates=/etc/ssl/certs/ca-certificates.crt  # pip brings certificates of its own, which may not be this network's
  [ -e "$tree$certificates" ] || certificates=""
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 ${CI:+CI="$CI"} ${certificates:+PIP_CERT="$certificates"} \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    chroot "$tree" sh -c 'cd /reverie && exec "$@"' sh "$@"
}

if [ -n "$command" ]; then
  inside sh -c "$command"
  exit
fi
if [ "$only" != quickstart ]; then
  inside tests/run.sh "$@"
fi
if [ "$only" != tests ]; then
  inside experiments/quickstart.sh iterations=1 'collect.episodes=[8]' 'collect.max_episode_steps=[60]' 'vae.epochs=[1]' \
    vae.updates_per_epoch=5 'mdn_rnn.epochs=[1]' mdn_rnn.updates_per_epoch=5 mdn_rnn.batch_size=4 'train_controller.generations=[1]' \
    train_controller.policy_gradient.updates=1 train_controller.checkpoint_every=1 train_controller.num_start_states=50 \
    evaluate.episodes=2 evaluate.baselines=false
fi
say "$suite: what was run here works"
