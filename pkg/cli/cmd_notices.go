package cli

import (
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newNoticesCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "notices",
		Short: "See what people were told, and send it again",
		Long: `Shows what the server told people: of keys that end, or that somebody still
sends, of a store that is away, and so on. Who is told is in the server's
configuration, under notices. All of it takes an API key with the role Admin.`,
		Example: `  ostiary notices list --state failed
  ostiary notices retry --failed
  ostiary notices test`,
	},
		newNoticesList(a), newNoticesRetry(a), newNoticesTest(a))
}

func newNoticesList(a *app) *cobra.Command {
	var q client.NoticeQuery
	var key string
	var p paging
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what people were told, and what did not arrive",
		Long: `Lists notices, the newest first: what each is about, who gets it through which
channel, and whether it arrived. What cannot be delivered is tried again for a
day, with growing pauses, and has failed then. Notices are kept for 30 days.`,
		Example: `  ostiary notices list
  ostiary notices list --state failed
  ostiary notices list --key edge-agents -o json`,
		Args: arguments(),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&q.State, "state", "", "only those in this `STATE`: pending, delivered or failed")
	cmd.Flags().StringVar(&key, "key", "", "only those about the key with this `ID` or name")
	p.add(cmd)
	complete(cmd, "state", fixedCompletions("pending", "delivered", "failed"))
	complete(cmd, "key", a.completeKeys)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "state", "key"); err != nil {
			return err
		}
		if q.State != "" {
			if _, err := apikey.ParseNoticeState(q.State); err != nil {
				return usageError("--state: %s", err)
			}
		}
		if err := p.check(cmd); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		if q.KeyID, err = findID(cmd.Context(), c, key); err != nil {
			return err
		}
		notices, next, err := allNotices(cmd, c, q, p)
		if err != nil {
			return err
		}
		err = a.showList(api.NoticeList{Notices: notices, NextCursor: next}, noticeRows(notices), term.Table,
			"No notices.")
		if err == nil && next != "" {
			a.say("There are more notices than these %d; --all lists them all.", len(notices))
		}
		return err
	}
	return cmd
}

func allNotices(
	cmd *cobra.Command, c *client.Client, q client.NoticeQuery, p paging,
) (notices []api.Notice, next string, err error) {
	return collect(p, func(cursor string, limit int) ([]api.Notice, string, error) {
		q.Cursor, q.Limit = cursor, limit
		page, err := c.Notices(cmd.Context(), q)
		if err != nil {
			return nil, "", err
		}
		return page.Notices, page.NextCursor, nil
	})
}

func noticeRows(notices []api.Notice) [][]string {
	rows := [][]string{{"ID", "TIME", "EVENT", "NOTICE", "CHANNEL", "TO", "STATE", "ATTEMPTS", "ERROR"}}
	for i := range notices {
		n := &notices[i]
		rows = append(rows, []string{
			n.ID, n.At.UTC().Format(time.RFC3339), string(n.Event), n.Title, n.Channel, term.OrDash(n.To),
			string(n.State), strconv.Itoa(n.Attempts), term.OrDash(n.Error),
		})
	}
	return rows
}

func newNoticesRetry(a *app) *cobra.Command {
	var failedOnes bool
	cmd := &cobra.Command{
		Use:   "retry [ID...]",
		Short: "Send notices again",
		Long: `Sends notices again: those with the given ids, or with --failed all that nobody
tries to deliver any longer. They are due at once, and are tried for another day.`,
		Example: `  ostiary notices retry ntc_5Fk0wJ2mQvXa8LrT
  ostiary notices retry --failed`,
	}
	cmd.Flags().BoolVar(&failedOnes, "failed", false, "all that have failed")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case failedOnes && len(args) > 0:
			return usageError("--failed goes without an ID")
		case !failedOnes && len(args) == 0:
			return usageError("ID is missing; give the id of a notice, or --failed for all that have failed")
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		if failedOnes {
			q := client.NoticeQuery{State: string(apikey.NoticeFailed)}
			list, _, err := allNotices(cmd, c, q, paging{all: true})
			if err != nil {
				return err
			}
			for i := range list {
				args = append(args, list[i].ID)
			}
		}
		notices := []api.Notice{}
		for _, id := range args {
			n, err := c.RetryNotice(cmd.Context(), id)
			if err != nil {
				return err
			}
			notices = append(notices, *n)
		}
		return a.showList(api.NoticeList{Notices: notices}, noticeRows(notices), term.Table, "No notice has failed.")
	}
	return cmd
}

func newNoticesTest(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Try whether notices arrive",
		Long: `Sends a notice through every channel that the server's configuration has, once,
and says how each of them went. In the place of a key's owner it goes to the
caller, if the login is an address of mail.`,
		Example: `  ostiary notices test
  ostiary notices test -o json`,
		Args: arguments(),
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		list, err := c.TestNotices(cmd.Context())
		if err != nil {
			return err
		}
		if err := a.show(list, func(w io.Writer) { term.Table(w, noticeRows(list.Notices)) }); err != nil {
			return err
		}
		for i := range list.Notices {
			if n := &list.Notices[i]; n.State != apikey.NoticeDelivered {
				return failed(exitFailed, "", "a notice did not arrive: %s %s: %s", n.Channel, n.To, n.Error)
			}
		}
		return nil
	}
	return cmd
}
