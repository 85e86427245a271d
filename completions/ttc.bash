# Completion of ttc for bash 3.2 and newer: ttc itself says what may follow.

_ttc() {
    local line=${COMP_LINE:0:COMP_POINT} row IFS=$'\n'
    local ttc=${COMP_WORDS[0]/#\~/$HOME} # as it is typed: it may be an alias
    type -P "$ttc" &>/dev/null || ttc=ttc
    local word=${line##*[[:space:]]}
    local before=${word%"${word##*[$COMP_WORDBREAKS]}"} # bash takes = and : for a word's end
    COMPREPLY=()
    while IFS=$'\t' read -r row _; do
        case $row in
        :files)
            type compopt &>/dev/null && compopt -o filenames
            COMPREPLY+=($(compgen -f -- "${word#"$before"}"))
            ;;
        :gguf) COMPREPLY+=($(compgen -f -X '!*.gguf' -- "${word#"$before"}")) ;;
        *) COMPREPLY+=("${row#"$before"}") ;;
        esac
    done < <("$ttc" _complete "$line" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]]; then # its argument follows at once
        type compopt &>/dev/null && compopt -o nospace
    fi
}

complete -F _ttc ttc
