// A QuickFIX/Go initiator with nothing of its own: the library, its file store and what the
// configuration file says. The runner beside this folder says what to send, one line on stdin at a
// time, and reads one JSON line on stdout for each callback of the library.
//
//	client CONFIG   a QuickFIX settings file with one session
//	stdin:  send 35=D|11=1|…   (60=now is stamped here)      logout
//	stdout: {"event":"logon"} {"event":"logout"} {"event":"app_in|app_out|admin_in|admin_out","fix":"8=…\u0001…"}
//
// The library's own log goes to stderr.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quickfixgo/quickfix"
	"github.com/quickfixgo/quickfix/store/file"
)

const (
	msgType      = quickfix.Tag(35)
	transactTime = quickfix.Tag(60)
)

var (
	output sync.Mutex
	admin  = regexp.MustCompile("\x0135=[0-5A]\x01")
)

func tell(event, message string) {
	line := map[string]string{"event": event}
	if message != "" {
		line["fix"] = message
	}
	text, err := json.Marshal(line)
	if err != nil {
		log.Fatal(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

// application tells the runner of every callback.
type application struct{ loggedOut chan struct{} }

func (application) OnCreate(quickfix.SessionID) {}

func (application) OnLogon(quickfix.SessionID) { tell("logon", "") }

func (client application) OnLogout(quickfix.SessionID) {
	tell("logout", "")
	client.loggedOut <- struct{}{}
}

func (application) ToAdmin(*quickfix.Message, quickfix.SessionID) {}

func (application) ToApp(*quickfix.Message, quickfix.SessionID) error { return nil }

func (application) FromAdmin(
	message *quickfix.Message, _ quickfix.SessionID,
) quickfix.MessageRejectError {
	tell("admin_in", message.String())
	return nil
}

func (application) FromApp(
	message *quickfix.Message, _ quickfix.SessionID,
) quickfix.MessageRejectError {
	tell("app_in", message.String())
	return nil
}

// stderrLog writes what the library logs, with | between fields. It also tells the runner what is
// sent: a message that is sent again comes to ToApp before the library marks it as such.
type stderrLog struct{}

func (stderrLog) Create() (quickfix.Log, error) { return stderrLog{}, nil }

func (stderrLog) CreateSessionLog(quickfix.SessionID) (quickfix.Log, error) {
	return stderrLog{}, nil
}

func (stderrLog) OnIncoming(text []byte) { line("in   ", string(text)) }

func (stderrLog) OnOutgoing(text []byte) {
	line("out  ", string(text))
	if admin.Match(text) {
		tell("admin_out", string(text))
	} else {
		tell("app_out", string(text))
	}
}

func (stderrLog) OnEvent(text string) { line("event", text) }

func (stderrLog) OnEventf(format string, values ...interface{}) {
	line("event", fmt.Sprintf(format, values...))
}

func line(kind, text string) {
	fmt.Fprintln(os.Stderr, kind, strings.ReplaceAll(text, "\x01", "|"))
}

func parse(text string) *quickfix.Message {
	message := quickfix.NewMessage()
	for _, field := range strings.Split(text, "|") {
		name, value, _ := strings.Cut(field, "=")
		number, err := strconv.Atoi(name)
		if err != nil {
			log.Fatalf("a field must be tag=value, was %q", field)
		}
		switch tag := quickfix.Tag(number); {
		case tag == msgType:
			message.Header.SetString(tag, value)
		case tag == transactTime && value == "now":
			message.Body.SetField(tag, quickfix.FIXUTCTimestamp{Time: time.Now().UTC()})
		default:
			message.Body.SetString(tag, value)
		}
	}
	return message
}

func run(path string) error {
	settingsFile, err := os.Open(path)
	if err != nil {
		return err
	}
	defer settingsFile.Close()
	settings, err := quickfix.ParseSettings(settingsFile)
	if err != nil {
		return err
	}
	client := application{make(chan struct{}, 1)}
	initiator, err := quickfix.NewInitiator(
		client, file.NewStoreFactory(settings), settings, stderrLog{})
	if err != nil {
		return err
	}
	if err := initiator.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && lines.Text() != "logout" {
		text, isSend := strings.CutPrefix(lines.Text(), "send ")
		if !isSend {
			continue
		}
		for session := range settings.SessionSettings() {
			if err := quickfix.SendToTarget(parse(text), session); err != nil {
				return err
			}
		}
	}
	initiator.Stop() // sends the Logout and waits for the answer
	<-client.loggedOut
	return nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("client CONFIG")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
