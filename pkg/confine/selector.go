package confine

import (
	"errors"
	"slices"
	"strings"

	"github.com/prometheus-community/prom-label-proxy/injectproxy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Bounds of a query. What is nested costs time with the square of its depth and memory on the stack, so words are
// counted before it is parsed.
const (
	maxQuery = 256 << 10 // bytes
	maxWords = 5000      // operators, names, brackets and the like
)

// matcher is a condition that every selector must have.
type matcher struct{ *labels.Matcher }

// expression returns an expression of PromQL with the condition in all its selectors.
//
// injectproxy walks expressions too, but passes by the parameters of aggregations, as in quantile(scalar(x), y), so it
// is only asked about one selector at a time. What comes out is read again, and must have the condition everywhere.
func (m *matcher) expression(query string) (string, error) {
	if err := checkSize(query); err != nil {
		return "", err
	}
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return "", malformed(err)
	}
	enforcer := injectproxy.NewPromQLEnforcer(false, m.Matcher)
	err = eachSelector(expr, func(s *parser.VectorSelector) (err error) {
		s.LabelMatchers, err = enforcer.EnforceMatchers(s.LabelMatchers)
		return err
	})
	if err != nil {
		return "", malformed(err)
	}
	confined := expr.String()
	if again, err := parser.ParseExpr(confined); err != nil || eachSelector(again, m.isIn) != nil {
		return "", errNotConfined
	}
	return confined, nil
}

// selector returns a selector with the condition in it.
func (m *matcher) selector(s string) (string, error) {
	if err := checkSize(s); err != nil {
		return "", err
	}
	matchers, err := parser.ParseMetricSelector(s)
	if err != nil {
		return "", malformed(err)
	}
	matchers, err = injectproxy.NewPromQLEnforcer(false, m.Matcher).EnforceMatchers(matchers)
	if err != nil {
		return "", malformed(err)
	}
	words := make([]string, len(matchers))
	for i, one := range matchers {
		words[i] = one.String()
	}
	confined := "{" + strings.Join(words, ",") + "}"
	if again, err := parser.ParseMetricSelector(confined); err != nil || !m.isAmong(again) {
		return "", errNotConfined
	}
	return confined, nil
}

var errNotConfined = apikey.Errorf(apikey.CodeForbidden,
	"The query cannot be confined to a tenant. Write it in another way.")

func malformed(err error) error {
	return apikey.Errorf(apikey.CodeInvalid, "The query cannot be read: %s.", clipLong(err.Error()))
}

func clipLong(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func checkSize(query string) error {
	if len(query) > maxQuery {
		return apikey.Errorf(apikey.CodeTooLarge, "The query is longer than 256 KiB. Ask for less at once.")
	}
	lexer, words := parser.Lex(query), 0
	for item := (parser.Item{}); item.Typ != parser.EOF && item.Typ != parser.ERROR; words++ {
		lexer.NextItem(&item)
		if words > maxWords {
			return apikey.Errorf(apikey.CodeTooLarge, "The query has more than %d words. Ask for less at once.",
				maxWords)
		}
	}
	return nil
}

func eachSelector(expr parser.Expr, do func(*parser.VectorSelector) error) error {
	var failed error
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok && failed == nil {
			failed = do(s)
		}
		return failed
	})
	return failed
}

var errNotThere = errors.New("a selector without the condition")

func (m *matcher) isIn(s *parser.VectorSelector) error {
	if !m.isAmong(s.LabelMatchers) {
		return errNotThere
	}
	return nil
}

func (m *matcher) isAmong(matchers []*labels.Matcher) bool {
	return slices.ContainsFunc(matchers, func(one *labels.Matcher) bool {
		return one.Name == m.Name && one.Type == m.Type && one.Value == m.Value
	})
}
