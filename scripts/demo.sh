#!/bin/sh
# The demo: train on 1,797 scanned digits, keep every fifth row aside, evaluate and predict those, draw what was misread.
#   demo.sh GRADUS [FOLDER]      FOLDER (build/demo) receives the model and the tables
set -eu
gradus=$1
folder=${2:-build/demo}
mkdir -p "$folder"

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || say() { printf '\n%s\n' "$1"; }
show() { printf '$ gradus %s\n' "$*"; }

say "Every fifth row of data/digits.csv is held out"
awk -v folder="$folder" 'NR == 1 { print > (folder "/train.csv"); print > (folder "/held_out.csv"); next }
  { print > (folder (NR % 5 == 0 ? "/held_out.csv" : "/train.csv")) }' data/digits.csv
echo "$(($(wc -l < "$folder/train.csv") - 1)) rows to train on, $(($(wc -l < "$folder/held_out.csv") - 1)) held out"

say "Train"
show "train $folder/train.csv --target digit -o $folder/digits.safetensors"
"$gradus" train "$folder/train.csv" --target digit -o "$folder/digits.safetensors"

say "Evaluate on the held-out rows"
show "evaluate $folder/digits.safetensors $folder/held_out.csv"
"$gradus" evaluate "$folder/digits.safetensors" "$folder/held_out.csv"

say "Predict a few rows"
show "predict $folder/digits.safetensors $folder/held_out.csv --keep digit -o $folder/predictions.csv"
"$gradus" predict "$folder/digits.safetensors" "$folder/held_out.csv" --keep digit -o "$folder/predictions.csv" --quiet
head -6 "$folder/predictions.csv" | cut -d, -f1-7 | sed 's/$/,.../'

say "Misread digits (at most three)"
paste -d, "$folder/predictions.csv" "$folder/held_out.csv" | awk -F, '
  BEGIN { shown = 0 }
  NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "p0") first = i; next }
  $1 != $2 && shown < 3 {
    title[shown] = "a " $1 ", read as " $2
    for (y = 0; y < 8; ++y) {
      line = ""
      for (x = 0; x < 8; ++x) {
        shade = substr(" .:-=+*#%@", 1 + int($(first + 8 * y + x) * 9 / 16), 1)
        line = line shade shade
      }
      picture[shown, y] = line
    }
    ++shown
  }
  END {
    if (!shown) { print "none"; exit }
    for (i = 0; i < shown; ++i) printf "  %-22s", title[i]
    print ""
    for (y = 0; y < 8; ++y) { for (i = 0; i < shown; ++i) printf "%-24s", "  " picture[i, y]; print "" }
  }'

say "Next"
cat <<END
  The model is $folder/digits.safetensors: network, columns and scaling in one file. Try

    $gradus inspect $folder/digits.safetensors
    $gradus trace $folder/digits.safetensors $folder/held_out.csv --row 1
    $gradus train YOUR.csv --target COLUMN -o model.safetensors
END
