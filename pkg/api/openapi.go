package api

import _ "embed" // for OpenAPI

// BasePath is where the API lies below the address of a server or a Grafana.
const BasePath = "/api/plugins/ostiary-apikeys-app/resources"

// OpenAPI is the description of the API, in OpenAPI 3.1, as YAML.
//
//go:embed openapi.yaml
var OpenAPI string
