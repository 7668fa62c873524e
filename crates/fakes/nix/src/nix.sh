# All of Nix's programs that are faked. `state` and `root` are set by what was written before this.
set -u
arguments=$* verb='' paths='' link=''
case ${0##*/} in
nix-instantiate) verb=instantiate ;;
esac
tab=$(printf '\t')
line=''
for word in "$@"; do line="$line$tab$word"; done
while [ $# -gt 0 ]; do
    case $1 in
    --option) shift 2 ;;
    --store | --log-format) [ "$1" = --store ] || verb=build; shift ;;
    --recursive) shift ;;
    --version) verb=version ;;
    --check-validity) verb=validity ;;
    --import) verb=import ;;
    --realise) verb=${verb:-substitute} ;;
    --dry-run) verb=missing ;;
    --add-fixed) verb=add ;;
    --add-root) verb=root && link=$2 && shift ;;
    --query) ;;
    --requisites) verb=requisites ;;
    --dump-db) verb=dump ;;
    -*) ;;
    *) paths="$paths $1" ;;
    esac
    shift
done
printf '%s%s\t;%s\t;\n' "${verb:-unknown}" "$(for path in $paths; do printf '\t%s' "$path"; done)" "$line" >>"$state/calls"
[ ! -e "$state/on-$verb" ] || . "$state/on-$verb"

listed() { [ -e "$state/$1" ] && grep -qxF -- "$2" "$state/$1"; }
valid() { [ -e "$root$1" ] && ! listed unregistered "$1"; }
# Derivations that would have to be built: an output is neither in the store nor in a cache.
needed() {
    [ -e "$state/known" ] || return 0
    while read -r derivation outputs; do
        for output in $outputs; do
            valid "$output" || listed cached "$output" || { echo "$derivation" && break; }
        done
    done <"$state/known"
}
outputs_of() { sed -n "s|^$1 ||p" "$state/known"; }

case $verb in
version) echo 'nix-store (Nix) 2.34.8' ;;
validity) for path in $paths; do valid "$path" || echo "$path"; done ;;
import)
    cat >"$state/stream"
    grep -ao '/nix/store/[0-9a-z]\{32\}-[-+._?=0-9A-Za-z]*\.drv' "$state/stream" | sort -u |
        while read -r derivation; do : >"$root$derivation"; done
    ;;
instantiate) cat >"$state/text" ;;
missing)
    build=$(needed)
    [ -z "$build" ] || { echo 'these derivations will be built:' && printf '  %s\n' $build; } >&2
    [ ! -e "$state/cached" ] ||
        { echo 'these paths will be fetched (1.00 MiB download, 3.00 MiB unpacked):' && sed 's/^/  /' "$state/cached"; } >&2
    ;;
build)
    number=0
    for derivation in $(needed); do
        number=$((number + 1))
        echo "@nix {\"action\":\"start\",\"id\":$number,\"type\":105,\"fields\":[\"$derivation\",\"\",1,1]}" >&2
        if listed fails "$derivation"; then
            echo "@nix {\"action\":\"result\",\"id\":$number,\"type\":101,\"fields\":[\"it does not build\"]}" >&2
            echo "@nix {\"action\":\"msg\",\"level\":0,\"msg\":\"builder for '$derivation' failed with exit code 7\"}" >&2
            exit 1
        fi
        for output in $(outputs_of "$derivation"); do valid "$output" || : >"$root$output"; done
        echo "@nix {\"action\":\"stop\",\"id\":$number}" >&2
    done
    for derivation in $paths; do outputs_of "$derivation"; done
    ;;
add)
    for folder in $paths; do
        # The first output of this name that is not there: several may have it.
        path=
        for promised in $(sed 's/^[^ ]* //' "$state/known" | tr ' ' '\n' | grep -- "/[0-9a-z]*-${folder##*/}\$"); do
            valid "$promised" || { path=$promised && break; }
        done
        listed spoilt "${folder##*/}" && path=
        path=${path:-/nix/store/00000000000000000000000000000000-${folder##*/}}
        rm -rf "$root$path" && cp -R "$folder" "$root$path"
        echo "$path"
    done
    ;;
substitute)
    for path in $paths; do
        listed cached "$path" || { echo "error: path '$path' does not exist and cannot be created" >&2 && exit 1; }
        : >"$root$path"
    done
    ;;
root) ln -sfn "${paths# }" "$link" ;;
requisites) cat "$state/requisites" ;;
dump) cat "$state/dump" ;;
*) echo "error: the fake does not know $arguments" >&2 && exit 1 ;;
esac
