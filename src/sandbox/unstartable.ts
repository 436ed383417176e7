// Why a command cannot be started, in words for people: a shell whose `exec` fails speaks of itself and of a line of its own.

/**
 * Shell text that ends the shell with exit code 127 where no program "$1" is there and with 126 where it cannot be executed, as shells
 * do, and says so at descriptor 5. It finds what execvp(3) finds: an empty entry of PATH is the working folder.
 */
export const REFUSE_UNSTARTABLE = `refuse() { printf 'sallyport: %s: %s\\n' "$2" "$3" >&5; exit "$1"; }
inPath() (
  IFS=:; set -f; places=$PATH:; found=127
  for folder in $places; do
    [ -f "\${folder:-.}/$1" ] || continue
    [ -x "\${folder:-.}/$1" ] && exit 0
    found=126
  done
  exit $found
)
case $1 in
*/*)
  [ -e "$1" ] || refuse 127 "$1" 'there is no such file'
  [ ! -d "$1" ] || refuse 126 "$1" 'is a folder'
  [ -x "$1" ] || refuse 126 "$1" 'may not be executed: permission denied'
  ;;
*)
  if [ -n "\${PATH+set}" ]; then
    inPath "$1"
    case $? in
    126) refuse 126 "$1" 'may not be executed: permission denied' ;;
    127) refuse 127 "$1" 'command not found' ;;
    esac
  fi
  ;;
esac`
