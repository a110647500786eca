package uitest

import "regexp"

// English finds words that no German sentence has.
var English = regexp.MustCompile(`(?i)\b(the|and|of|is|are|were|not|with|your|you|this|that|for|from|to|by|key|keys|expires?|revoke[ds]?|delete[ds]?|disable[ds]?|enable[ds]?|create[ds]?|choose|cancel|close|save|copy|file|never|days?|hours?|minutes|seconds?|months?|ago|just|now|request|requests|address|addresses|endpoints|replaces|works|until|again|nothing|nobody|server's|connection|connections|settings|search|all|january|october|monday)\b`)

// Foreign are names (also of buttons of Grafana), examples and pieces of configuration, which are the
// same in every language.
var Foreign = regexp.MustCompile(`curl -i|Authorization|grafana\.example|gate\.example|gate\.endpoints|pmm\.example|^edge-agents$|^/home/ada|OpenTelemetry|github\.com|HTTP|^X-|Add new connection|Save & test|oder never\.$`)
