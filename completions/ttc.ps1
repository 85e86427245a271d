# Completion of ttc for PowerShell 5 and newer: ttc itself says what may follow.

Register-ArgumentCompleter -Native -CommandName ttc -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $commandAst.ToString().PadRight($length).Substring(0, $length)
    & $commandAst.CommandElements[0].ToString() _complete $line 2>$null | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        if ($value -notin ':files', ':gguf') { # without any, it lists files itself
            $about = if ($about) { $about } else { $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
        }
    }
}
