// Command bench measures Ostiary and yardsticks in the same run and prints a table in Markdown of how they compare:
// times alone say more about the machine than about the program.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/cli"
)

// beOstiary makes this program the server that it measures.
const beOstiary = "OSTIARY_BENCH_BE_OSTIARY"

func main() {
	if os.Getenv(beOstiary) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	keys := flag.Int("keys", million, "keys in the large store")
	rounds := flag.Int("rounds", 5, "rounds of each comparison; the median counts")
	only := flag.String("only", "", "measure only what has this in its name, such as PostgreSQL")
	dir := flag.String("dir", "", "directory to keep the large store in, and to find it again")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *dir, *keys, *rounds, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// million is how many keys the large store usually has.
const million = 1_000_000

// row is a figure with its yardstick.
type row struct {
	figure, measured, yardstick, ratio, reach string
	ok                                        bool
}

func run(ctx context.Context, dir string, keys, rounds int, only string) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "ostiary-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	large, err := prepare(ctx, dir, keys)
	if err != nil {
		return err
	}
	var rows []row
	for _, part := range []struct {
		what    string
		measure func(context.Context, *fixture, int) ([]row, error)
	}{
		{"Start, memory, pages and searches of a server with all keys", measureServer},
		{"Decisions in process", measureDecisions},
		{"Limits of keys", measureLimits},
		{"Requests to the gate", measureGate},
		{"Requests to the gate, with traces", measureTraces},
		{"Requests to nginx, which asks the gate", measureNginx},
		{"Requests passed on, beside nginx and vmauth", measureProxied},
		{"Good keys during a flood of wrong ones", measureFlood},
		{"Revocations seen by another process", measureFeed},
		{"Numbers over time, and clients of keys", measureNumbers},
		{"A store in PostgreSQL", measurePostgres},
	} {
		if !strings.Contains(part.what, only) {
			continue
		}
		say("%s …", part.what)
		more, err := part.measure(ctx, large, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", part.what, err)
		}
		rows = append(rows, more...)
		runtime.GC()
	}
	return printTable(rows, keys)
}

func printTable(rows []row, keys int) error {
	fmt.Printf("\n%d keys, %s, %d cores, medians of interleaved rounds\n\n", keys, runtime.Version(), runtime.NumCPU())
	fmt.Println("| figure | measured | yardstick | ratio | to reach | |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: | --- |")
	missed := 0
	for _, r := range rows {
		verdict := "reached"
		if r.reach == "" {
			verdict = ""
		}
		if !r.ok {
			verdict = "**missed**"
			missed++
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %s |\n", r.figure, r.measured, r.yardstick, r.ratio, r.reach, verdict)
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d figures were missed", missed, len(rows))
	}
	return nil
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// compare measures a subject and its yardstick in turn and returns the medians
// of each and of their ratios.
func compare(rounds int, subject, yardstick func() float64) (s, y, ratio float64) {
	var subjects, yardsticks, ratios []float64
	for i := range rounds {
		var a, b float64
		if i%2 == 0 {
			a, b = subject(), yardstick()
		} else {
			b, a = yardstick(), subject()
		}
		subjects, yardsticks, ratios = append(subjects, a), append(yardsticks, b), append(ratios, a/b)
	}
	return quantile(subjects, 0.5), quantile(yardsticks, 0.5), quantile(ratios, 0.5)
}

// quantile sorts values and returns one of them.
func quantile[T interface{ ~float64 | ~int64 }](values []T, q float64) T {
	slices.Sort(values)
	return values[min(int(float64(len(values))*q), len(values)-1)]
}
