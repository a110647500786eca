// Package api is the resource API as it goes over the wire: the JSON of
// requests and answers, which HTTP status belongs to which error code and
// back, and the OpenAPI description of it all.
//
// Answers are made from the domain with the From functions; requests become
// domain values with their Domain methods, whose errors name the wire's
// fields. Package httpapi serves the API, package client asks it.
package api
