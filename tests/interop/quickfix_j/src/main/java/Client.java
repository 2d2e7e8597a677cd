import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import quickfix.Application;
import quickfix.ConfigError;
import quickfix.DefaultMessageFactory;
import quickfix.FileStoreFactory;
import quickfix.Initiator;
import quickfix.InvalidMessage;
import quickfix.Log;
import quickfix.LogFactory;
import quickfix.Message;
import quickfix.Session;
import quickfix.SessionID;
import quickfix.SessionNotFound;
import quickfix.SessionSettings;
import quickfix.SocketInitiator;
import quickfix.field.MsgType;
import quickfix.field.TransactTime;

/**
 * A QuickFIX/J initiator with nothing of its own: the library, its file store and what the
 * configuration file says. The runner beside this folder says what to send, one line on stdin at a
 * time, and reads one JSON line on stdout for each callback of the library.
 *
 * <pre>
 * Client CONFIG   a QuickFIX settings file with one session
 * stdin:  send 35=D|11=1|…   (60=now is stamped here)      logout
 * stdout: {"event":"logon"} {"event":"logout"}
 *         {"event":"app_in|app_out|admin_in|admin_out","fix":"8=…\\u0001…"}
 * </pre>
 *
 * The library's own log goes to stderr.
 */
public final class Client implements Application {
  public static void main(String[] arguments)
      throws ConfigError, IOException, InvalidMessage, SessionNotFound {
    SessionSettings settings;
    try (FileInputStream file = new FileInputStream(arguments[0])) {
      settings = new SessionSettings(file);
    }
    SessionID session = settings.sectionIterator().next();
    Initiator initiator =
        new SocketInitiator(
            new Client(),
            new FileStoreFactory(settings),
            settings,
            id -> new StderrLog(),
            new DefaultMessageFactory());
    initiator.start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.ISO_8859_1));
    for (String line = lines.readLine();
        line != null && !line.equals("logout");
        line = lines.readLine()) {
      if (line.startsWith("send ")) {
        Session.sendToTarget(parse(line.substring(5)), session);
      }
    }
    initiator.stop(); // sends the Logout and waits for the answer
  }

  private static Message parse(String line) {
    Message message = new Message();
    for (String field : line.split("\\|")) {
      int equals = field.indexOf('=');
      int tag = Integer.parseInt(field.substring(0, equals));
      String value = field.substring(equals + 1);
      if (tag == MsgType.FIELD) {
        message.getHeader().setString(tag, value);
      } else if (tag == TransactTime.FIELD && value.equals("now")) {
        message.setField(new TransactTime(LocalDateTime.now(ZoneOffset.UTC)));
      } else {
        message.setString(tag, value);
      }
    }
    return message;
  }

  @Override
  public void onCreate(SessionID session) {}

  @Override
  public void onLogon(SessionID session) {
    tell("logon", null);
  }

  @Override
  public void onLogout(SessionID session) {
    tell("logout", null);
  }

  @Override
  public void toAdmin(Message message, SessionID session) {
    tell("admin_out", message);
  }

  @Override
  public void toApp(Message message, SessionID session) {
    tell("app_out", message);
  }

  @Override
  public void fromAdmin(Message message, SessionID session) {
    tell("admin_in", message);
  }

  @Override
  public void fromApp(Message message, SessionID session) {
    tell("app_in", message);
  }

  private static void tell(String event, Message message) {
    StringBuilder line = new StringBuilder("{\"event\":\"").append(event).append('"');
    if (message != null) {
      line.append(",\"fix\":\"");
      message
          .toString()
          .chars()
          .forEach(
              c -> {
                if (c == '"' || c == '\\') {
                  line.append('\\').append((char) c);
                } else if (c < 0x20 || c > 0x7e) {
                  line.append(String.format("\\u%04x", c));
                } else {
                  line.append((char) c);
                }
              });
      line.append('"');
    }
    synchronized (System.out) {
      System.out.println(line.append('}'));
      System.out.flush();
    }
  }

  /** Writes what the library logs, with | between fields. */
  private static final class StderrLog implements Log {
    @Override
    public void clear() {}

    @Override
    public void onIncoming(String text) {
      line("in   ", text);
    }

    @Override
    public void onOutgoing(String text) {
      line("out  ", text);
    }

    @Override
    public void onEvent(String text) {
      line("event", text);
    }

    @Override
    public void onErrorEvent(String text) {
      line("error", text);
    }

    private static void line(String kind, String text) {
      System.err.println(kind + " " + text.replace('\u0001', '|'));
    }
  }
}
