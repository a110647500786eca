package compat

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// keyRequest is a key to be made, as a system's clients ask for one.
type keyRequest struct {
	apikey.NewKey
	// field is the system's name of the lifetime's field.
	field string
	// details say in the system's words what is wrong with fields that the
	// Service finds bad.
	details map[string]string
}

// create makes a key. Errors name the system's fields.
func (a *API) create(ctx context.Context, n keyRequest) (*apikey.Issued, error) {
	issued, err := a.Service.Create(ctx, n.NewKey)
	var bad *apikey.Error
	if !errors.As(err, &bad) || len(bad.Fields) == 0 {
		return issued, err
	}
	fields := make([]apikey.FieldError, len(bad.Fields))
	for i, f := range bad.Fields {
		if f.Field == "expiresIn" || f.Field == "expiresAt" {
			f.Field = n.field
		}
		if detail := n.details[f.Field]; detail != "" {
			f.Detail = detail
		}
		fields[i] = f
	}
	return nil, &apikey.Error{Code: bad.Code, Message: bad.Message, Fields: fields, Cause: bad.Cause}
}

// liveFor reads a lifetime in seconds, of which 0 means for ever. What is out
// of range becomes a lifetime that the Service refuses, so that it is reported
// with all else that is wrong.
func (n *keyRequest) liveFor(seconds int64) {
	switch most := int64(apikey.MaxTTL / time.Second); {
	case seconds < 0:
		n.Lifetime = apikey.ExpiresIn(-time.Second)
		n.say(n.field, "is negative; give seconds, or 0 for a key that never expires")
	case seconds > most:
		n.Lifetime = apikey.ExpiresIn(apikey.MaxTTL + time.Second)
		n.say(n.field, "is longer than 100 years; use 0 for a key that never expires")
	default:
		n.Lifetime = apikey.ExpiresIn(time.Duration(seconds) * time.Second)
	}
}

func (n *keyRequest) say(field, detail string) {
	if n.details == nil {
		n.details = map[string]string{}
	}
	n.details[field] = detail
}

// list answers with an array of all keys that q describes and of which entry
// wants something, by their numbers. It goes out a page at a time, because
// there may be very many.
func (a *API) list(w http.ResponseWriter, r *http.Request, q apikey.Query, entry func(*apikey.Key) (any, bool)) error {
	q.Sort, q.Limit = apikey.SortNumber, apikey.MaxPageSize
	keys, next, err := a.Service.Keys(r.Context(), q)
	if err != nil {
		return err
	}
	jsonHeader(w)
	before := byte('[')
	for {
		var page []byte
		for _, k := range keys {
			if v, ok := entry(k); ok {
				page = append(append(page, before), bytes.TrimSpace(encode(v))...)
				before = ','
			}
		}
		if _, err := w.Write(page); err != nil || next == nil {
			break
		}
		q.After = next
		if keys, next, err = a.Service.Keys(r.Context(), q); err != nil {
			a.log(r).ErrorContext(r.Context(), "the list broke off", "error", apikey.Redact(err.Error()))
			// the status went out; only a broken connection shows that the list is not whole
			panic(http.ErrAbortHandler)
		}
	}
	end := "]\n"
	if before == '[' {
		end = "[]\n"
	}
	_, _ = w.Write([]byte(end)) // the client may be gone
	return nil
}

// find returns the key with the number in the path, if it has the role;
// RoleNone means any role.
func (a *API) find(r *http.Request, role apikey.Role) (*apikey.Key, error) {
	missing := apikey.Errorf(apikey.CodeNotFound, "There is no key with that id.")
	number, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || number < 1 {
		return nil, missing
	}
	keys, _, err := a.Service.Keys(r.Context(), apikey.Query{
		Sort: apikey.SortNumber, After: &apikey.Position{Number: number - 1}, Limit: 1,
	})
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 || keys[0].Number != number || role != apikey.RoleNone && keys[0].Role != role {
		return nil, missing
	}
	return keys[0], nil
}

// delete removes the key with the number in the path, as find finds it.
func (a *API) delete(r *http.Request, role apikey.Role) error {
	k, err := a.find(r, role)
	if err != nil {
		return err
	}
	_, err = a.Service.End(r.Context(), k.ID, apikey.End{How: apikey.Delete})
	return err
}

// ends is when a key stops working, or nil for never. The other systems know
// no revoked keys, so one that was revoked has ended then.
func ends(k *apikey.Key) *time.Time {
	at := k.ExpiresAt
	if !k.RevokedAt.IsZero() && (at.IsZero() || k.RevokedAt.Before(at)) {
		at = k.RevokedAt
	}
	return given(at)
}

// given returns nil for the zero time, which JSON would write as a year 1.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
