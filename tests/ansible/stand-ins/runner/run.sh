#!/bin/bash
cd "$(dirname "${BASH_SOURCE[0]}")" || exit
touch run-helper.sh
./bin/Runner.Listener run
code=$?
[[ $code == 7 ]] && exit 7
echo "Exiting runner..."
exit 0
