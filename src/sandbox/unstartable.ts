// Why a command cannot be started, in words for people: a shell whose `exec` fails speaks of itself and of a line of its own.

/**
 * Shell text that ends the shell with exit code 127 where no program "$1", or none for the first line of a script, is there and with 126
 * where it cannot be executed, as shells and env(1) do, and says so at descriptor 5. It finds what execvp(3) finds: an empty entry of PATH
 * is the working folder, and a script without its interpreter is passed over. The kernel reads 255 octets of a script (BINPRM_BUF_SIZE).
 */
export const REFUSE_UNSTARTABLE = `refuse() { printf 'sallyport: %s: %s\\n' "$2" "$3" >&5; exit "$1"; }
mayNot='may not be executed: permission denied'
interpreted() (
  text=$(head -c 255 <"$1")
  line=\${text%%
*}
  case $line in '#!'*) ;; *) exit 0 ;; esac
  unset IFS; set -f; set -- \${line#??}
  case $1 in
  '') exit 0 ;;
  *"\r") printf 'its first line ends in a carriage return: save it with the line ends of Unix'; exit 127 ;;
  esac
  [ -e "$1" ] || { printf 'its interpreter %s is not there' "$1"; exit 127; }
  [ -f "$1" ] && [ -x "$1" ] || { printf 'its interpreter %s %s' "$1" "$mayNot"; exit 126; }
)
inPath() (
  IFS=:; set -f; places=$PATH:; code=127; why='command not found'
  for folder in $places; do
    file=\${folder:-.}/$1
    [ -f "$file" ] || continue
    if [ -x "$file" ]; then why=$(interpreted "$file"); else why=$mayNot; (exit 126); fi && exit 0
    code=$?
  done
  printf %s "$why"
  exit $code
)
case $1 in
*/*)
  [ -e "$1" ] || refuse 127 "$1" 'there is no such file'
  [ ! -d "$1" ] || refuse 126 "$1" 'is a folder'
  [ -x "$1" ] || refuse 126 "$1" "$mayNot"
  [ ! -f "$1" ] || why=$(interpreted "$1") || refuse $? "$1" "$why"
  ;;
*)
  if [ -n "\${PATH+set}" ]; then why=$(inPath "$1") || refuse $? "$1" "$why"; fi
  ;;
esac`
