package tokens

// Verdict is what is said of a token that was checked.
var Verdict = verdict
