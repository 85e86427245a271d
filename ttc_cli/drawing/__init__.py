"""How replies are drawn and read: effort, one sample, a cut-off answer, drafts of prose."""
