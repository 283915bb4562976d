package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/postgres"
	"daicho/internal/postgres/cluster"
)

// database is where the register lives: a server that is there, or a private one in a folder.
type database struct {
	appURL, ownerURL string
	cluster          *cluster.Cluster // nil when somebody else runs the server
	private          bool
	dir              string
}

// open finds the database. Errors: errUsage when neither or both places are given.
func (w world) open(ctx context.Context, at *place, log *slog.Logger) (*database, error) {
	url, err := w.secret("DATABASE_URL")
	if err != nil {
		return nil, err
	}
	switch {
	case url == "" && at.data == "":
		return nil, errUsage{"データの置き場所がありません。環境変数 DATABASE_URL（または DATABASE_URL_FILE）か、--data フォルダ を指定してください。"}
	case at.data == "":
		return &database{appURL: url, ownerURL: url}, nil
	case url != "":
		log.Warn("DATABASE_URL is set, so --data is not used", "data", at.data)
		return &database{appURL: url, ownerURL: url}, nil
	}
	c, err := cluster.Start(ctx, cluster.Options{Dir: at.data, BinDir: at.programs, Log: log})
	if err != nil {
		return nil, err
	}
	return &database{appURL: c.AppURL(), ownerURL: c.OwnerURL(), cluster: c, private: true, dir: at.data}, nil
}

// openBeside is open for commands that may run while serve has the folder.
func (w world) openBeside(ctx context.Context, at *place, log *slog.Logger) (*database, error) {
	d, err := w.open(ctx, at, log)
	if errs.CodeOf(err) != cluster.CodeInUse {
		return d, err
	}
	appURL, ownerURL, bad := cluster.Attach(at.data)
	if bad != nil {
		return nil, bad
	}
	// Not private: a newer program must not change the tables under the one that serves.
	return &database{appURL: appURL, ownerURL: ownerURL, dir: at.data}, nil
}

// stopTime is how long a private server may take to write everything down.
const stopTime = 60 * time.Second

func (d *database) close(log *slog.Logger) {
	if d.cluster == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := d.cluster.Stop(ctx); err != nil {
		log.Error("stop PostgreSQL", "err", err)
	}
}

// prepare brings a private database to the newest schema and checks that another's is.
func (d *database) prepare(ctx context.Context, log *slog.Logger) error {
	if d.private {
		from, to, err := postgres.Migrate(ctx, d.ownerURL)
		if err == nil && from != to {
			log.Info("migrated", "from", from, "to", to)
		}
		return err
	}
	st, err := postgres.MigrationStatus(ctx, d.appURL)
	if err != nil {
		return err
	}
	if st.At != st.Latest {
		return errs.New(errs.Conflict, "migrate.behind", fmt.Sprintf(
			"データベースの表は版 %d で、このプログラムには版 %d が要ります。所有者の役割で daicho migrate up を実行してください。", st.At, st.Latest))
	}
	return nil
}

// withApp runs a command on the register, as the application's role.
func (w world) withApp(ctx context.Context, at *place, fn func(context.Context, *app.App) error) error {
	log := slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := w.openBeside(ctx, at, log)
	if err != nil {
		return err
	}
	defer d.close(log)
	if err := d.prepare(ctx, log); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, d.appURL, postgres.Options{MaxConns: 4, Log: log})
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(ctx, app.New(db, app.Options{Log: log}))
}

// place is where a private PostgreSQL has its data and its programs, as the flags say.
type place struct{ data, programs string }

// placeOf declares the flags of a place.
func placeOf(f *flags) *place {
	var p place
	f.StringVar(&p.data, "data", "", "自前の PostgreSQL のデータを置くフォルダ。なければ作ります（DATABASE_URL の代わり）")
	f.StringVar(&p.programs, "pg-bindir", "", "自前の PostgreSQL の initdb と postgres があるフォルダ（なければ PATH と Debian の置き場所から、新しい版を探します）")
	return &p
}
