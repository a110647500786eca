package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Denial is a refused request, or several that were alike in short time.
type Denial struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`    // of the last of them
	Count     int64     `json:"count"` // how many they were
	Code      string    `json:"code"`
	Reason    string    `json:"reason"`  // the sentence that the client got
	KeyID     string    `json:"keyId"`   // empty if no key was recognised
	KeyName   string    `json:"keyName"` // its name now; empty if it is gone
	TokenID   string    `json:"tokenId"` // the public part of what was sent, which proves nothing
	Endpoint  string    `json:"endpoint"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Address   string    `json:"address"`
	UserAgent string    `json:"userAgent"`
}

// DenialList is a page of refused requests, the newest first.
type DenialList struct {
	Denials    []Denial `json:"denials"`
	NextCursor string   `json:"nextCursor"` // empty on the last page
}

// FromDenials describes refused requests.
func FromDenials(list []apikey.Denial) []Denial {
	out := make([]Denial, len(list))
	for i, d := range list {
		out[i] = Denial{
			ID: d.ID, At: wireTime(d.At), Count: d.Count, Code: string(d.Code), Reason: d.Reason,
			KeyID: d.KeyID, KeyName: d.KeyName, TokenID: d.TokenID, Endpoint: d.Endpoint,
			Method: d.Method, Path: d.Path, Address: d.Address, UserAgent: d.UserAgent,
		}
	}
	return out
}
