package gate

import "strings"

const (
	toGate  = "Host: gate\r\nX-Id: $ID\r\nAuthorization: Bearer $KEY\r\n"
	chunked = "Transfer-Encoding: chunked\r\n"
	hello   = "5\r\nhello\r\n0\r\n\r\n"
	inside  = "GET /smuggled HTTP/1.1\r\n" + toGate + "\r\n"
)

func oddGet(extra string) string { return "GET /first HTTP/1.1\r\n" + toGate + extra + "\r\n" }

func oddPost(extra, body string) string {
	return "POST /first HTTP/1.1\r\n" + toGate + extra + "\r\n" + body
}

// instead is a plain request of which something is replaced.
func instead(of, by string) string { return strings.ReplaceAll(oddGet(""), of, by) }

// oddRequests are requests that not all programs read alike, with how the gate does: as the upstream sees it, or the
// status of its refusal, and whether the connection ends with the answer.
var oddRequests = map[string]struct{ text, want string }{
	"plain GET": {
		oddGet(""), "GET /first"},
	"plain POST": {
		oddPost("Content-Length: 5\r\n", "hello"), "POST /first hello"},
	"POST of nothing": {
		oddPost("Content-Length: 0\r\n", ""), "POST /first"},
	"POST without a length": {
		oddPost("", ""), "POST /first"},
	"GET with a body": {
		oddGet("Content-Length: 5\r\n") + "hello", "GET /first hello"},
	"chunks": {
		oddPost(chunked, hello), "POST /first hello"},
	"GET with chunks": {
		oddGet(chunked) + hello, "GET /first hello"},
	"chunks of nothing": {
		oddPost(chunked, "0\r\n\r\n"), "POST /first"},
	"chunks, extension": {
		oddPost(chunked, "5;a=b\r\nhello\r\n0\r\n\r\n"), "POST /first hello"},
	"chunks, quoted extension": {
		oddPost(chunked, "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, line feed in an extension": {
		oddPost(chunked, "5;a\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, carriage return in an extension": {
		oddPost(chunked, "5;a\rb\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, leading zeros": {
		oddPost(chunked, "0000005\r\nhello\r\n0\r\n\r\n"), "POST /first hello"},
	"chunks, many zeros": {
		oddPost(chunked, "0000000000000000000000005\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, overflow": {
		oddPost(chunked, "10000000000000005\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, 0x": {
		oddPost(chunked, "0x5\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, plus": {
		oddPost(chunked, "+5\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, minus": {
		oddPost(chunked, "-5\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, blank before the size": {
		oddPost(chunked, " 5\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, blank behind the size": {
		oddPost(chunked, "5 \r\nhello\r\n0\r\n\r\n"), "POST /first hello"},
	"chunks, no size": {
		oddPost(chunked, "\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, too long": {
		oddPost(chunked, "5\r\nhello!\r\n0\r\n\r\n"), "400, ends"},
	"chunks, too short": {
		oddPost(chunked, "6\r\nhello\r\n0\r\n\r\n"), "400, ends"},
	"chunks, line feeds": {
		oddPost(chunked, "5\nhello\n0\n\n"), "400, ends"},
	"chunks, no end of a line": {
		oddPost(chunked, "5\r\nhello0\r\n\r\n"), "400, ends"},
	"chunks, trailer": {
		oddPost("Trailer: X-Sum\r\n"+chunked, "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), "POST /first hello"},
	"chunks, length in the trailer": {
		oddPost(chunked, "5\r\nhello\r\n0\r\nContent-Length: 100\r\n\r\n"), "POST /first hello, ends"},
	"chunks, coding in the trailer": {
		oddPost(chunked, "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), "POST /first hello"},
	"chunks, bad trailer": {
		oddPost(chunked, "5\r\nhello\r\n0\r\nnot a field\r\n\r\n"), "400, ends"},
	"length in front of the coding": {
		oddPost("Content-Length: 5\r\n"+chunked, hello), "POST /first hello, ends"},
	"length behind the coding": {
		oddPost(chunked+"Content-Length: 5\r\n", hello), "POST /first hello, ends"},
	"length that covers the chunks": {
		oddPost("Content-Length: 15\r\n"+chunked, hello), "POST /first hello, ends"},
	"length of 0 and the coding": {
		oddPost("Content-Length: 0\r\n"+chunked, hello), "POST /first hello, ends"},
	"length, small letters, and the coding": {
		oddPost("content-length: 5\r\ntransfer-encoding: chunked\r\n", hello), "POST /first hello, ends"},
	"length, capitals, and the coding": {
		oddPost("CONTENT-LENGTH: 5\r\nTRANSFER-ENCODING: CHUNKED\r\n", hello), "POST /first hello, ends"},
	"bad length and the coding": {
		oddPost("Content-Length: x\r\n"+chunked, hello), "400, ends"},
	"two lengths and the coding": {
		oddPost("Content-Length: 5\r\nContent-Length: 6\r\n"+chunked, hello), "400, ends"},
	"GET, length and the coding": {
		oddGet("Content-Length: 5\r\n"+chunked) + hello, "GET /first hello, ends"},
	"length and an unknown coding": {
		oddPost("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", "hello"), "501, ends"},
	"coding chunked twice": {
		oddPost(chunked+chunked, hello), "501, ends"},
	"coding chunked, chunked": {
		oddPost("Transfer-Encoding: chunked, chunked\r\n", hello), "501, ends"},
	"coding gzip, chunked": {
		oddPost("Transfer-Encoding: gzip, chunked\r\n", hello), "501, ends"},
	"coding chunked, identity": {
		oddPost("Transfer-Encoding: chunked, identity\r\n", hello), "501, ends"},
	"coding identity": {
		oddPost("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"), "501, ends"},
	"coding xchunked": {
		oddPost("Transfer-Encoding: xchunked\r\n", hello), "501, ends"},
	"coding empty": {
		oddPost("Transfer-Encoding:\r\nContent-Length: 5\r\n", "hello"), "501, ends"},
	"coding with a tab": {
		oddPost("Transfer-Encoding:\tchunked\r\n", hello), "POST /first hello"},
	"coding with a vertical tab": {
		oddPost("Transfer-Encoding: \vchunked\r\n", hello), "400, ends"},
	"coding quoted": {
		oddPost("Transfer-Encoding: \"chunked\"\r\n", hello), "501, ends"},
	"coding with a parameter": {
		oddPost("Transfer-Encoding: chunked;a=b\r\n", hello), "501, ends"},
	"coding with a blank before the colon": {
		oddPost("Transfer-Encoding : chunked\r\n", hello), "400, ends"},
	"coding folded": {
		oddPost("Transfer-Encoding:\r\n chunked\r\n", hello), "POST /first hello"},
	"coding folded to another field": {
		oddPost("X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), "POST /first hello"},
	"coding with an underscore": {
		oddPost("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), "POST /first hello"},
	"coding behind a line feed": {
		oddPost("X: a\nTransfer-Encoding: chunked\r\n", hello), "POST /first hello"},
	"coding behind a carriage return": {
		oddPost("X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), "400, ends"},
	"coding named in Connection": {
		oddPost("Connection: Transfer-Encoding\r\n"+chunked, hello), "POST /first hello"},
	"length named in Connection": {
		oddPost("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"), "POST /first hello"},
	"two lengths": {
		oddPost("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "400, ends"},
	"two lengths, the same": {
		oddPost("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "POST /first hello"},
	"two lengths in one field": {
		oddPost("Content-Length: 5, 5\r\n", "hello"), "400, ends"},
	"length with a plus": {
		oddPost("Content-Length: +5\r\n", "hello"), "400, ends"},
	"length with a minus": {
		oddPost("Content-Length: -5\r\n", "hello"), "400, ends"},
	"length in hexadecimal": {
		oddPost("Content-Length: 0x5\r\n", "hello"), "400, ends"},
	"length with zeros": {
		oddPost("Content-Length: 0000000005\r\n", "hello"), "POST /first hello"},
	"length with blanks": {
		oddPost("Content-Length:  5 \r\n", "hello"), "POST /first hello"},
	"length with a blank within": {
		oddPost("Content-Length: 5 5\r\n", "hello"), "400, ends"},
	"length empty": {
		oddPost("Content-Length:\r\n", "hello"), "400, ends"},
	"length of 20 digits": {
		oddPost("Content-Length: 18446744073709551621\r\n", "hello"), "400, ends"},
	"length with a blank before the colon": {
		oddPost("Content-Length : 5\r\n", "hello"), "400, ends"},
	"length with a NUL": {
		oddPost("Content-Length: 5\x00\r\n", "hello"), "400, ends"},
	"length folded": {
		oddPost("Content-Length:\r\n 5\r\n", "hello"), "POST /first hello"},
	"length of other digits": {
		oddPost("Content-Length: ٥\r\n", "hello"), "400, ends"},
	"length with an underscore": {
		oddPost("Content_Length: 5\r\n", ""), "POST /first"},
	"HTTP/1.0": {
		strings.Replace(oddPost("Content-Length: 5\r\nConnection: keep-alive\r\n", "hello"), "1.1", "1.0", 1),
		"POST /first hello, ends"},
	"HTTP/1.0 with chunks": {
		strings.Replace(oddPost("Connection: keep-alive\r\n"+chunked, hello), "1.1", "1.0", 1), "POST /first, ends"},
	"HTTP/1.2": {
		instead("HTTP/1.1", "HTTP/1.2"), "GET /first"},
	"HTTP/2.0": {
		instead("HTTP/1.1", "HTTP/2.0"), "505, ends"},
	"HTTP/9": {
		instead("HTTP/1.1", "HTTP/9"), "400, ends"},
	"http/1.1": {
		instead("HTTP/1.1", "http/1.1"), "400, ends"},
	"no version": {
		instead(" HTTP/1.1", ""), "400, ends"},
	"two blanks": {
		instead("GET ", "GET  "), "400, ends"},
	"tab in the line": {
		instead("GET ", "GET\t"), "400, ends"},
	"blank at the end of the line": {
		instead("HTTP/1.1", "HTTP/1.1 "), "400, ends"},
	"blank in the target": {
		instead("/first", "/first /x"), "400, ends"},
	"line feeds": {
		instead("\r\n", "\n"), "GET /first"},
	"carriage returns": {
		instead("\r\n", "\r"), "400, ends"},
	"an empty line in front": {
		"\r\n" + oddGet(""), "GET /first"},
	"a blank line in front": {
		" \r\n" + oddGet(""), "400, ends"},
	"a blank in front of the first field": {
		instead("Host", " Host"), "400, ends"},
	"a field without a name": {
		oddGet(": x\r\n"), "400, ends"},
	"a field without a colon": {
		oddGet("x\r\n"), "400, ends"},
	"a field that is folded": {
		oddGet("X: a\r\n b\r\n"), "GET /first"},
	"no Host": {
		instead("Host: gate\r\n", ""), "400, ends"},
	"two Hosts": {
		oddGet("Host: other\r\n"), "400, ends"},
	"Host with a path": {
		instead("Host: gate", "Host: gate/x"), "400, ends"},
	"Host with a user": {
		instead("Host: gate", "Host: a@gate"), "400, ends"},
	"Host empty": {
		instead("Host: gate", "Host:"), "GET /first"},
	"absolute form": {
		instead("/first", "http://gate/first"), "GET /first"},
	"absolute form of another": {
		instead("/first", "http://other.example/first"), "GET /first"},
	"absolute form, https": {
		instead("/first", "https://gate/first"), "GET /first"},
	"absolute form, ftp": {
		instead("/first", "ftp://gate/first"), "400, ends"},
	"absolute form with a user": {
		instead("/first", "http://a:b@gate/first"), "400, ends"},
	"absolute form without a host": {
		instead("/first", "http:///first"), "400, ends"},
	"authority form": {
		instead("/first", "gate:80"), "400, ends"},
	"a fragment": {
		instead("/first", "/first#x"), "GET /first%23x"},
	"two slashes": {
		instead("/first", "//first"), "GET /first"},
	"asterisk": {
		instead("/first", "*"), "400"},
	"OPTIONS *": {
		instead("GET /first", "OPTIONS *"), "400"},
	"OPTIONS": {
		instead("GET", "OPTIONS"), "OPTIONS /first"},
	"CONNECT with a path": {
		instead("GET", "CONNECT"), "405, ends"},
	"CONNECT": {
		instead("GET /first", "CONNECT other.example:443"), "405, ends"},
	"CONNECT in small letters": {
		instead("GET", "connect"), "405, ends"},
	"CONNECT with a body": {
		strings.Replace(oddPost("Content-Length: 5\r\n", "hello"), "POST", "CONNECT", 1), "405, ends"},
	"CONNECT in absolute form": {
		instead("GET /first", "CONNECT http://other.example/first"), "405, ends"},
	"TRACE": {
		instead("GET", "TRACE"), "405, ends"},
	"TRACE with a body": {
		strings.Replace(oddPost("Content-Length: 5\r\n", "hello"), "POST", "TRACE", 1), "405, ends"},
	"Trace": {
		instead("GET", "Trace"), "405, ends"},
	"PRI": {
		instead("GET", "PRI"), "PRI /first"},
	"get": {
		instead("GET", "get"), "get /first"},
	"upgrade to h2c": {
		oddGet("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), "GET /first"},
	"upgrade to TLS": {
		oddGet("Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n"), "GET /first"},
	"upgrade with a body": {
		oddPost("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "hello"), "POST /first hello"},
	"expects nothing known": {
		oddPost("Expect: 200-maybe\r\nContent-Length: 5\r\n", "hello"), "417, ends"},
	"expects 100": {
		oddPost("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "POST /first hello"},
	"expects 100 without a body": {
		oddGet("Expect: 100-continue\r\n"), "GET /first"},
	"an overlong field": {
		oddGet("X: " + strings.Repeat("a", 60<<10) + "\r\n"), "431, ends"},
	"key in the trailer": {
		oddPost("Trailer: Authorization\r\n"+chunked, "5\r\nhello\r\n0\r\nAuthorization: x\r\n\r\n"), "POST /first hello"},
	"smuggled behind a length": {
		oddPost("Content-Length: 5\r\n"+chunked, "0\r\n\r\n"+inside), "POST /first, ends"},
	"smuggled in a chunk": {
		oddPost("Content-Length: 4\r\n"+chunked, "4\r\nabcd\r\n0\r\n\r\n"+inside), "POST /first abcd, ends"},
	"smuggled behind two codings": {
		oddPost("Content-Length: 5\r\n"+chunked+"Transfer-Encoding: x\r\n", "0\r\n\r\n"+inside), "501, ends"},
	"smuggled behind a bad coding": {
		oddPost("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n", "0\r\n\r\n"+inside), "501, ends"},
	"smuggled behind a coding with a blank": {
		oddPost("Content-Length: 5\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n"+inside), "400, ends"},
	"smuggled behind CONNECT": {
		instead("GET /first", "CONNECT gate:80") + inside, "405, ends"},
}
