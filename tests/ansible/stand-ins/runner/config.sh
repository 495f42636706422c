#!/bin/bash
if [[ $(id -u) == 0 ]]; then
  echo "Must not run with sudo"
  exit 1
fi
if [[ $1 == remove ]]; then
  exec ./bin/Runner.Listener "$@"
fi
exec ./bin/Runner.Listener configure "$@"
