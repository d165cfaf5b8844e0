// Package erase deletes what stepin may no longer keep, and counts what may be published.
//
// It promises three things. Retention: people's words and whole calls are deleted once they expire. Forgetting: when
// somebody asks for it, all their words are deleted, in the file and in Slack. Figures: months.go returns only those
// with enough people behind them. It never calls Slack: what must change there waits in the outbox.
//
// Every job takes small transactions, so nobody's click waits for it. It may be interrupted anywhere and run
// again. Deleted words stay in the file's free pages until File.Rewrite; a mark in the file makes the next
// round rewrite it after a crash.
//
//	Service ─┬─▶ Retention.Expire ─▶ Store.Update (some at a time) ─▶ File.Rewrite
//	         └─▶ Forgetter.Forget ─▶ Store.Update (some at a time) ─▶ File.Rewrite ─▶ outbox: removed, edited
//	Months   ───▶ Store.View ─▶ privacy.Aggregate
//
// The files: service.go runs the jobs in a running stepin; retention.go, forget.go, forget_request.go and
// months.go do the work.
package erase
