# Completion of ttc for fish: ttc itself says what may follow.

function __ttc_complete
    set -l typed (commandline -opc)
    for row in ($typed[1] _complete (commandline -cp) 2>/dev/null)
        switch $row
            case ':files*'
                __fish_complete_path (commandline -ct)
            case ':gguf*'
                __fish_complete_suffix .gguf
            case '*'
                echo $row
        end
    end
end

complete -c ttc -f -a '(__ttc_complete)'
