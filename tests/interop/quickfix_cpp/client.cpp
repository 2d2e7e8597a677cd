// A QuickFIX C++ initiator with nothing of its own: the library, its file store and a stock
// dictionary with every check on. The runner beside this folder says what to send, one line on
// stdin at a time, and reads one JSON line on stdout for each callback of the library.
//
//   client HOST PORT SENDER TARGET FOLDER RESET(Y|N) DICTIONARY
//   stdin:  send 35=D|11=1|…   (60=now is stamped here)      logout
//   stdout: {"event":"logon"} {"event":"logout"} {"event":"app_in|app_out|admin_in|admin_out","fix":"8=…\u0001…"}
//
// The library's own log goes to stderr.

#include <quickfix/FileStore.h>
#include <quickfix/Log.h>
#include <quickfix/Session.h>
#include <quickfix/SocketInitiator.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>

namespace {

std::mutex output_mutex;

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

void tell(const std::string& event) {
  const std::lock_guard<std::mutex> lock(output_mutex);
  std::cout << "{\"event\":" << json_text(event) << "}" << std::endl;
}

void tell(const std::string& event, const FIX::Message& message) {
  const std::string text = json_text(message.toString());
  const std::lock_guard<std::mutex> lock(output_mutex);
  std::cout << "{\"event\":" << json_text(event) << ",\"fix\":" << text << "}" << std::endl;
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

FIX::SessionSettings settings_of(char** argv, const FIX::SessionID& id) {
  FIX::Dictionary session;
  session.setString("ConnectionType", "initiator");
  session.setString("SocketConnectHost", argv[1]);
  session.setString("SocketConnectPort", argv[2]);
  session.setString("StartTime", "00:00:00");
  session.setString("EndTime", "00:00:00");
  session.setString("HeartBtInt", "30");
  session.setString("FileStorePath", argv[5]);
  session.setString("ResetOnLogon", argv[6]);
  session.setString("DataDictionary", argv[7]);
  session.setString("UseDataDictionary", "Y");
  session.setString("ValidateFieldsOutOfOrder", "Y");
  session.setString("ValidateFieldsHaveValues", "Y");
  session.setString("ValidateUserDefinedFields", "Y");
  FIX::SessionSettings settings;
  settings.set(id, session);
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::cerr << "client HOST PORT SENDER TARGET FOLDER RESET DICTIONARY" << std::endl;
    return 2;
  }
  try {
    const FIX::SessionID id("FIX.4.4", argv[3], argv[4]);
    const FIX::SessionSettings settings = settings_of(argv, id);
    Application application;
    FIX::FileStoreFactory stores(settings);
    StderrLogFactory logs;
    FIX::SocketInitiator initiator(application, stores, settings, logs);
    initiator.start();
    for (std::string line; std::getline(std::cin, line) && line != "logout";) {
      if (line.compare(0, 5, "send ") == 0) {
        FIX::Message message = parse(line.substr(5));
        FIX::Session::sendToTarget(message, id);
      }
    }
    initiator.stop();  // sends the Logout and waits for the answer
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
