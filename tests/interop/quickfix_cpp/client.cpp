// A QuickFIX C++ initiator with nothing of its own: the library, its file store and what the
// configuration file says. The runner beside this folder says what to send, one line on stdin at a
// time, and reads one JSON line on stdout for each callback of the library.
//
//   client CONFIG   a QuickFIX settings file with one session
//   stdin:  send 35=D|11=1|…   (60=now is stamped here)      logout
//   stdout: {"event":"logon"} {"event":"logout"} {"event":"app_in|app_out|admin_in|admin_out","fix":"8=…\u0001…"}
//
// The library's own log goes to stderr.

#include <quickfix/FileStore.h>
#include <quickfix/Log.h>
#include <quickfix/SSLSocketInitiator.h>
#include <quickfix/Session.h>
#include <quickfix/SocketInitiator.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>

namespace {

std::mutex output_mutex;

// The runner's own line: with TLS the library itself prints on stdout, which goes to stderr here.
std::FILE* take_stdout() {
  std::FILE* events = fdopen(dup(STDOUT_FILENO), "w");
  dup2(STDERR_FILENO, STDOUT_FILENO);
  return events;
}

std::FILE* const events = take_stdout();

std::string json_text(const std::string& raw) {
  static const char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const unsigned char c : raw) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + '"';
}

void print(const std::string& line) {
  const std::lock_guard<std::mutex> lock(output_mutex);
  std::fputs(line.c_str(), events);
  std::fflush(events);
}

void tell(const std::string& event) { print("{\"event\":" + json_text(event) + "}\n"); }

void tell(const std::string& event, const FIX::Message& message) {
  print("{\"event\":" + json_text(event) + ",\"fix\":" + json_text(message.toString()) + "}\n");
}

class StderrLog : public FIX::Log {
public:
  void clear() override {}
  void backup() override {}
  void onIncoming(const std::string& text) override { line("in   ", text); }
  void onOutgoing(const std::string& text) override { line("out  ", text); }
  void onEvent(const std::string& text) override { line("event", text); }

private:
  static void line(const char* kind, std::string text) {
    std::replace(text.begin(), text.end(), '\x01', '|');
    const std::lock_guard<std::mutex> lock(output_mutex);
    std::cerr << kind << ' ' << text << std::endl;
  }
};

class StderrLogFactory : public FIX::LogFactory {
public:
  FIX::Log* create() override { return new StderrLog; }
  FIX::Log* create(const FIX::SessionID&) override { return new StderrLog; }
  void destroy(FIX::Log* log) override { delete log; }
};

// The exception lists repeat those of the library's header: an override may not loosen them.
class Application : public FIX::Application {
public:
  void onCreate(const FIX::SessionID&) override {}
  void onLogon(const FIX::SessionID&) override { tell("logon"); }
  void onLogout(const FIX::SessionID&) override { tell("logout"); }
  void toAdmin(FIX::Message& message, const FIX::SessionID&) override { tell("admin_out", message); }
  void toApp(FIX::Message& message, const FIX::SessionID&) throw(FIX::DoNotSend) override {
    tell("app_out", message);
  }
  void fromAdmin(const FIX::Message& message, const FIX::SessionID&) throw(
      FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
      FIX::RejectLogon) override {
    tell("admin_in", message);
  }
  void fromApp(const FIX::Message& message, const FIX::SessionID&) throw(
      FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
      FIX::UnsupportedMessageType) override {
    tell("app_in", message);
  }
};

FIX::Message parse(const std::string& line) {
  FIX::Message message;
  std::istringstream fields(line);
  for (std::string field; std::getline(fields, field, '|');) {
    const auto equals = field.find('=');
    const int tag = std::stoi(field.substr(0, equals));
    const std::string value = field.substr(equals + 1);
    if (tag == FIX::FIELD::TransactTime && value == "now") {
      message.setField(FIX::TransactTime(FIX::UtcTimeStamp(), 3));
    } else if (FIX::Message::isHeaderField(tag)) {
      message.getHeader().setField(tag, value);
    } else {
      message.setField(tag, value);
    }
  }
  return message;
}

// The library has one class for each kind of socket; a session with an authority to trust is TLS.
std::unique_ptr<FIX::Initiator> initiator_of(Application& application,
                                             FIX::MessageStoreFactory& stores,
                                             const FIX::SessionSettings& settings,
                                             FIX::LogFactory& logs, const FIX::SessionID& id) {
  if (settings.get(id).has(FIX::CERT_AUTH_FILE)) {
    return std::unique_ptr<FIX::Initiator>(
        new FIX::SSLSocketInitiator(application, stores, settings, logs));
  }
  return std::unique_ptr<FIX::Initiator>(
      new FIX::SocketInitiator(application, stores, settings, logs));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "client CONFIG" << std::endl;
    return 2;
  }
  try {
    const FIX::SessionSettings settings(argv[1]);
    const FIX::SessionID id = *settings.getSessions().begin();
    Application application;
    FIX::FileStoreFactory stores(settings);
    StderrLogFactory logs;
    const auto initiator = initiator_of(application, stores, settings, logs, id);
    initiator->start();
    for (std::string line; std::getline(std::cin, line) && line != "logout";) {
      if (line.compare(0, 5, "send ") == 0) {
        FIX::Message message = parse(line.substr(5));
        FIX::Session::sendToTarget(message, id);
      }
    }
    initiator->stop();  // sends the Logout and waits for the answer
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
