package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// KeyClient is one who sends a token of a key.
type KeyClient struct {
	Address   string    `json:"address"` // empty = not known
	UserAgent string    `json:"userAgent"`
	Endpoint  string    `json:"endpoint"`
	Tenant    string    `json:"tenant"` // that it acted for; empty = none, or it was refused
	TokenID   string    `json:"tokenId"`
	FirstAt   time.Time `json:"firstAt"`
	LastAt    time.Time `json:"lastAt"`
	Requests  int64     `json:"requests"` // all of them
	Denied    int64     `json:"denied"`   // of these, that were refused

	// Fault is the status with which what is behind the endpoint answered the last request, if it was 400 or more. It
	// is known to the process alone that passed the request on, and not kept.
	Fault int `json:"fault,omitempty"`
}

// ClientList holds the clients of a key, the newest first.
type ClientList struct {
	Clients []KeyClient `json:"clients"`
}

// FromClients describes the clients of a key.
func FromClients(list []apikey.Client) ClientList {
	out := ClientList{Clients: make([]KeyClient, len(list))}
	for i, c := range list {
		out.Clients[i] = KeyClient{
			Address: c.Address, UserAgent: c.UserAgent, Endpoint: c.Endpoint, Tenant: c.Tenant, TokenID: c.TokenID,
			FirstAt: wireTime(c.FirstAt), LastAt: wireTime(c.LastAt), Requests: c.Requests, Denied: c.Denied,
		}
	}
	return out
}
