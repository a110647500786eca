package api

// LeakReport reports a token that was found where it does not belong.
type LeakReport struct {
	Token string `json:"token"`
	Where string `json:"where,omitempty"`
}

// What can become of a token that was reported.
const (
	LeakRevoked = "revoked" // its key is
	LeakExpires = "expires" // soon, at ExpiresAt
	LeakOver    = "over"    // it opened nothing any more
	LeakUnknown = "unknown" // it is none of this server's
)

// LeakOutcome says what became of a token that was reported.
type LeakOutcome struct {
	Outcome   string `json:"outcome"`
	KeyID     string `json:"keyId,omitempty"`
	TokenID   string `json:"tokenId,omitempty"`
	ExpiresAt string `json:"expiresAt,omitempty"`
}

// GitHubLeak is one token in a message of GitHub's secret scanning.
type GitHubLeak struct {
	Token  string `json:"token"`
	Type   string `json:"type"`
	URL    string `json:"url"`
	Source string `json:"source"`
}

// GitHubLabel answers a GitHubLeak. The token is named by its hash alone.
type GitHubLabel struct {
	TokenHash string `json:"token_hash"` // SHA-256, in base64
	TokenType string `json:"token_type"`
	Label     string `json:"label"`
}

// The labels that GitHub knows.
const (
	GitHubTruePositive  = "true_positive"
	GitHubFalsePositive = "false_positive"
)
