"""How replies are drawn and read: one sample, a cut-off answer, drafts of prose."""
