package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// onExpired reads what an endpoint does with expired keys: deny, or one of hold
// and grace with a time.
func (r *reader) onExpired(key string, raw any) (e verify.OnExpired) {
	fields, isMap := raw.(map[string]any)
	switch word, isWord := raw.(string); {
	case raw == nil || isWord && strings.TrimSpace(word) == "deny":
		return e
	case !isMap || len(fields) != 1:
		r.wrong(key, "must be deny, {hold: 2h} or {grace: 72h}")
		return e
	}
	for name, value := range fields {
		if !slices.Contains([]string{"hold", "grace"}, name) {
			r.wrong(key+"."+name, "is not known; use hold or grace, such as {hold: 2h}")
			return e
		}
		d := r.lenience(key+"."+name, value)
		if name == "hold" {
			e.Hold = d
		} else {
			e.Grace = d
		}
	}
	return e
}

// quoted is a value of the file in quotation marks, or says that there is none.
func quoted(value any) string {
	if value == nil {
		return "nothing"
	}
	return strconv.Quote(fmt.Sprint(value))
}

// lenience reads a time that must not be 0, and has a unit.
func (r *reader) lenience(key string, raw any) time.Duration {
	s, _ := raw.(string)
	d, err := apikey.ParseTTL(strings.TrimSpace(s))
	_, bare := strconv.Atoi(s)
	switch {
	case errors.Is(err, apikey.ErrTooLong):
		return math.MaxInt64 // which the gate finds too long
	case err != nil || bare == nil:
		r.wrong(key, "%s is not a time with a unit; write one such as 2h or 3d", quoted(raw))
	case d == 0:
		r.wrong(key, "must be longer than 0, such as 2h; write on_expired: deny for none")
	}
	return d
}
