package keys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/words"
)

func TestASearchSaysWhatIsNotReadAsItIsMeant(t *testing.T) {
	w := words.New("en")
	for search, mistake := range map[string]string{
		"":                                   "",
		"edge -test role:agent":              "",
		"role:":                              "", // not typed yet
		"role:Agent -state:expired":          "",
		`owner:"Ada L" pool:any thing:else`:  "",
		"unused:30d expires:7d unused:never": "",
		"label:team label:team=sre tenant:*": "",
		"http://loki:3100 fd00::1 id:x":      "",
		"role:nosuch":                        "“nosuch” is none of admin, editor, viewer, agent.",
		"edge -role:nosuch":                  "“nosuch” is none of admin, editor, viewer, agent.",
		"state:gone":                         "“gone” is none of active, disabled, expired, revoked.",
		"unused:x":                           "Write unused: with a time such as 30d or 12h.",
		"expires:never":                      "Write expires: with a time such as 30d or 12h.",
		"expires:0":                          "Write expires: with a time such as 30d or 12h.",
		"label:=x":                           "Write label: with a name, or a name and a value: label:team=sre.",
		`endpoint:"a b"`:                     `"a b" may hold only letters, digits and, after the first character, . _ -`,
		"tenant:a/b":                         `"a/b" may hold only letters, digits and ! - _ . * ' ( )`,
		"onwer:ada":                          "“onwer:” is searched for as a word. Did you mean owner:?",
		"rol:agent":                          "“rol:” is searched for as a word. Did you mean role:?",
		"!role:agent":                        "“!role:” is searched for as a word. Did you mean -role:?",
	} {
		require.Equal(t, mistake, keys.SearchMistake(w, search), search)
	}
	require.Contains(t, keys.SearchMistake(words.New("de"), "tenant:a/b"), "darf nur")
}
