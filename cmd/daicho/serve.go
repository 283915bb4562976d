package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/postgres"
	"daicho/internal/server"
)

// config is how the server runs.
type config struct {
	listen, metrics, load          string
	at                             *place
	seal                           *seal
	idle, absolute, grace          time.Duration
	secure                         bool
	proxies                        []netip.Prefix
	cert, key, logFormat, logLevel string
	conns                          int
	metricsGiven                   bool
	plainCookies, behindTLS        bool
}

func (w world) config(args []string) (config, error) {
	f := newFlags(w, "serve")
	var c config
	f.StringVar(&c.listen, "listen", "127.0.0.1:8080", "画面を出すアドレス")
	c.at = placeOf(f)
	c.seal = sealOf(f)
	f.StringVar(&c.load, "load", "", "始める前に読み込むパック（コンマ区切り）。読み込み済みなら何もしない")
	f.StringVar(&c.metrics, "metrics", "127.0.0.1:9464", "計測値（/metrics）を出すアドレス。off で出さない")
	f.DurationVar(&c.idle, "idle", 30*time.Minute, "操作がないまま、この時間でログアウトする")
	f.DurationVar(&c.absolute, "absolute", 10*time.Hour, "ログインから、この時間でログアウトする")
	f.DurationVar(&c.grace, "grace", 30*time.Second, "止めるとき、処理中の要求を待つ時間")
	f.StringVar(&c.cert, "tls-cert", "", "TLS の証明書のファイル")
	f.StringVar(&c.key, "tls-key", "", "TLS の鍵のファイル")
	f.BoolVar(&c.behindTLS, "behind-tls", false, "TLS を受ける逆プロキシの後ろで動かす")
	proxies := f.String("proxy", "", "X-Forwarded-For を信じる逆プロキシのアドレス（コンマ区切り。10.0.0.5 や 10.0.0.0/24）")
	f.BoolVar(&c.plainCookies, "plain-cookies", false, "TLS のない試用のとき、Cookie に Secure を付けない")
	f.StringVar(&c.logFormat, "log", "text", "記録の形（text, json）")
	f.StringVar(&c.logLevel, "log-level", "info", "記録の細かさ（debug, info, warn, error）")
	f.IntVar(&c.conns, "connections", 8, "データベースへの接続の上限")
	if err := f.parse(args); err != nil {
		return c, err
	}
	if err := f.none(); err != nil {
		return c, err
	}
	c.metricsGiven = f.given["metrics"]
	return c, c.check(*proxies)
}

func (c *config) check(proxies string) error {
	host, _, err := net.SplitHostPort(c.listen)
	switch {
	case err != nil:
		return errUsage{"--listen は 127.0.0.1:8080 のように指定してください。"}
	case (c.cert == "") != (c.key == ""):
		return errUsage{"--tls-cert と --tls-key は、両方を指定してください。"}
	case c.idle < time.Minute || c.absolute < c.idle:
		return errUsage{"--idle は1分以上、--absolute は --idle 以上にしてください。"}
	case c.logFormat != "text" && c.logFormat != "json":
		return errUsage{"--log は text か json です。"}
	case c.conns < 4 || c.conns > 200:
		return errUsage{"--connections は4から200までです。"}
	case c.behindTLS && strings.Trim(proxies, ", ") == "":
		// Otherwise everybody comes from the proxy's address: one guesser would lock out all.
		return errUsage{"--behind-tls には、--proxy で逆プロキシのアドレスも指定してください。"}
	}
	for p := range strings.SplitSeq(proxies, ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(p)
		if addr, bad := netip.ParseAddr(p); bad == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return errUsage{"--proxy の「" + p + "」を読み取れません。"}
		}
		c.proxies = append(c.proxies, prefix)
	}
	// Only somebody on this machine reaches a loopback address without TLS.
	loopback := host == "localhost"
	if addr, err := netip.ParseAddr(host); err == nil {
		loopback = addr.IsLoopback()
	}
	c.secure = c.cert != "" || c.behindTLS || !loopback && !c.plainCookies
	return nil
}

func (c config) logger(w world) (*slog.Logger, error) {
	o := &slog.HandlerOptions{}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.logLevel)); err != nil {
		return nil, errUsage{"--log-level は debug、info、warn、error のどれかです。"}
	}
	o.Level = level
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w.err, o)), nil
	}
	return slog.New(slog.NewTextHandler(w.err, o)), nil
}

// serve is the composition root: database, use cases, screens.
func serve(ctx context.Context, w world, args []string) error {
	c, err := w.config(args)
	if err != nil {
		return err
	}
	log, err := c.logger(w)
	if err != nil {
		return err
	}
	d, err := w.open(ctx, c.at, log)
	if err != nil {
		return err
	}
	defer d.close(log)
	if err := d.prepare(ctx, log); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, d.appURL, postgres.Options{MaxConns: int32(c.conns), Log: log}) //nolint:gosec // bounded by check
	if err != nil {
		return err
	}
	defer db.Close()
	a := app.New(db, app.Options{Log: log})
	if err := c.loadAll(ctx, w, a); err != nil {
		return err
	}
	s := server.New(server.Options{
		App: a, Store: db.SessionStore(), Log: log, Now: w.now, Idle: c.idle, Absolute: c.absolute,
		Secure: c.secure, Proxies: c.proxies, Version: version,
	})
	poolFigures(s.Metrics(), db)
	sealFigures(s.Metrics(), a)
	sealer, err := c.seal.within(d.dir).sealer(ctx, a)
	if errs.CodeOf(err) == errs.CodeOf(errNoKey) {
		log.Warn("the trail is not sealed: no key is given (--trail-key)")
	} else if err != nil {
		return err
	}
	return c.run(ctx, w, runtime{db: db, app: a, sealer: sealer, database: d, server: s, log: log})
}

func (c config) loadAll(ctx context.Context, w world, a *app.App) error {
	for name := range strings.SplitSeq(c.load, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if err := loadPack(ctx, w.out, a, w.user, name); err != nil {
			return err
		}
	}
	return nil
}

// runtime is what runs until it is told to stop.
type runtime struct {
	db       *postgres.DB
	app      *app.App
	sealer   *app.Sealer // nil without a key
	database *database
	server   *server.Server
	log      *slog.Logger
}

// run listens, says where, and ends when ctx does or something that it stands on breaks.
func (c config) run(ctx context.Context, w world, r runtime) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return errs.Join(errs.New(errs.Conflict, "serve.listen", "アドレス "+c.listen+" で待ち受けられません。ほかのプログラムが使っていないか確かめるか、--listen で別のアドレスを指定してください。"), err)
	}
	web := c.httpServer(r.server, r.log)
	broken := make(chan error, 3)
	go func() {
		if c.cert != "" {
			broken <- web.ServeTLS(listener, c.cert, c.key)
		} else {
			broken <- web.Serve(listener)
		}
	}()
	figures, err := c.serveMetrics(ctx, r, broken)
	if err != nil {
		return errs.Join(err, web.Close())
	}
	if r.database.cluster != nil {
		go func() { <-r.database.cluster.Done(); broken <- errDatabaseEnded }()
	}
	sweepCtx, stopSweep := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSweep()
	go sweep(sweepCtx, r.db, r.log)
	go checkDaily(sweepCtx, r.app, w.now, r.log)
	if r.sealer != nil {
		go sealTrail(sweepCtx, r.sealer, r.log)
	}
	c.greet(ctx, w, r, listener.Addr())
	select {
	case <-ctx.Done():
		err = nil
	case err = <-broken:
	}
	r.log.Info("stopping", "grace", c.grace)
	r.server.Drain()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.grace)
	defer cancel()
	if late := web.Shutdown(end); late != nil {
		r.log.Warn("requests were cut off", "err", late)
		_ = web.Close()
	}
	if r.sealer != nil { // what was done until now is under a head when this ends
		sealOnce(end, r.sealer, r.log)
	}
	if figures != nil {
		_ = figures.Close()
	}
	return err
}

var errDatabaseEnded = errs.New(errs.Busy, "serve.database_ended", "PostgreSQL が止まったため、終わります。記録を確かめてから、もう一度起動してください。")

// httpServer bounds how long a client may take over a request: a slow one must not hold others up.
func (c config) httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 90 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// serveMetrics opens the second listener. An address that nobody asked for may be taken; one that
// was asked for may not.
func (c config) serveMetrics(ctx context.Context, r runtime, broken chan<- error) (*http.Server, error) {
	if c.metrics == "off" || c.metrics == "" {
		return nil, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.metrics)
	if err != nil {
		if !c.metricsGiven {
			r.log.Warn("metrics are not served: the address is taken", "address", c.metrics)
			return nil, nil
		}
		return nil, errs.Join(errs.New(errs.Conflict, "serve.metrics", "計測値のアドレス "+c.metrics+" で待ち受けられません。--metrics で別のアドレスを指定してください。"), err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", r.server.Metrics().Handler())
	figures := c.httpServer(mux, r.log)
	go func() {
		if err := figures.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			broken <- err
		}
	}()
	r.log.Info("metrics", "address", listener.Addr().String())
	return figures, nil
}

const sweepEvery = 10 * time.Minute

// sweep deletes expired sessions and the like from time to time.
func sweep(ctx context.Context, db *postgres.DB, log *slog.Logger) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := db.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Warn("sweep", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// checkHour is the hour in Japan after which the checks of a day run.
const checkHour = 2

// checkDaily runs the checks that change with the calendar: at the start if they have not run today,
// and after two in the morning. The register itself knows whether they ran, so that a second server
// or a restart does no harm.
func checkDaily(ctx context.Context, a *app.App, now func() time.Time, log *slog.Logger) {
	for first := true; ; first = false {
		began := now()
		var ran bool
		var err error
		if first || began.In(jpdate.JST).Hour() >= checkHour {
			ran, err = a.RunDaily(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Warn("daily checks", "err", err)
		case ran:
			log.Info("daily checks", "took", now().Sub(began).Round(time.Millisecond))
		}
		wait := time.NewTimer(min(untilCheck(now()), time.Hour)) // a machine that slept looks again
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

// untilCheck is how long it is to the next checkHour in Japan.
func untilCheck(now time.Time) time.Duration {
	today := jpdate.OfTime(now)
	next := today.StartOfDay().Add(checkHour * time.Hour)
	if !next.After(now) {
		next = next.Add(24 * time.Hour)
	}
	return next.Sub(now)
}

func poolFigures(m *server.Metrics, db *postgres.DB) {
	m.Figure("daicho_db_connections", "Connections in the pool.", func() float64 { return float64(db.Stat().TotalConns()) })
	m.Figure("daicho_db_connections_busy", "Connections in use.", func() float64 { return float64(db.Stat().AcquiredConns()) })
	m.Figure("daicho_db_connections_max", "Greatest number of connections.", func() float64 { return float64(db.Stat().MaxConns()) })
	m.Figure("daicho_db_acquire_total", "Connections handed out.", func() float64 { return float64(db.Stat().AcquireCount()) })
	m.Figure("daicho_db_acquire_wait_seconds_total", "Time waited for a connection.", func() float64 { return db.Stat().AcquireDuration().Seconds() })
	m.Figure("daicho_db_acquire_empty_total", "Times that none was free.", func() float64 { return float64(db.Stat().EmptyAcquireCount()) })
	m.Figure("daicho_db_acquire_canceled_total", "Waits that were given up.", func() float64 { return float64(db.Stat().CanceledAcquireCount()) })
}

func sealFigures(m *server.Metrics, a *app.App) {
	m.Figure("daicho_trail_sealed_acts", "Acts under the last head.", func() float64 { return float64(a.SealState().Size) })
	m.Figure("daicho_trail_seal_failing", "1 when the last attempt to seal the trail failed, or none was made.", func() float64 {
		if s := a.SealState(); s.Runs && s.Err == nil {
			return 0
		}
		return 1
	})
}

// greet says where the program is and, for the sample, who may sign in.
func (c config) greet(ctx context.Context, w world, r runtime, addr net.Addr) {
	scheme := "http"
	if c.cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(w.out, "\n情報資産台帳 daicho %s\n  画面:   %s://%s/\n", version, scheme, addr)
	if r.database.dir != "" {
		fmt.Fprintf(w.out, "  データ: %s\n", r.database.dir)
	} else {
		fmt.Fprintln(w.out, "  データ: DATABASE_URL のサーバー")
	}
	for _, line := range sampleAccounts(ctx, r.app, w.user) {
		fmt.Fprintln(w.out, line)
	}
	fmt.Fprintln(w.out, "  止めるには Ctrl+C を押します。")
}
