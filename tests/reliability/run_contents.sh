# Sourced by the tests of this folder: the files of a run with their sums, but for what tells of sessions: their times,
# their commands, and the temporaries that a kill left behind.
contents() {  # RUN
  (cd "$1" && find . -type f ! -name run.json ! -name times.json ! -name lock ! -name '.*.tmp' ! -path './events/*' -print0 |
    sort -z | xargs -0 sha256sum)
}
