package api

import _ "embed" // for OpenAPI

// OpenAPI is the description of the API, in OpenAPI 3.1, as YAML.
//
//go:embed openapi.yaml
var OpenAPI string
