// A server without Python: the loader that TensorFlow Serving uses, and requests from files.
//
//   client EXPORT REQUESTS ANSWERS            answers every request of a file once
//   client EXPORT REQUESTS ANSWERS NUM 8      then sends NUM of them from 8 threads and prints the
//                                             resident kilobytes before and after
//
// Both files are TFRecords of NameAttrLists: a request has the name of a signature and its inputs, an
// answer the name "OK" and the outputs, or the error alone.

#include <atomic>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/core/framework/attr_value.pb.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/lib/io/record_reader.h"
#include "tensorflow/core/lib/io/record_writer.h"
#include "tensorflow/core/platform/env.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tensorflow/core/public/session.h"

using tensorflow::NameAttrList;
using tensorflow::Status;
using tensorflow::Tensor;
using tensorflow::errors::InvalidArgument;

// Runs `request`, whose inputs must have the names of the signature.
Status Run(const tensorflow::SavedModelBundle& model, const NameAttrList& request, NameAttrList* answer) {
  const auto found = model.GetSignatures().find(request.name());
  if (found == model.GetSignatures().end()) return InvalidArgument("no signature ", request.name());
  const auto& inputs = found->second.inputs();
  if (inputs.size() != request.attr().size()) return InvalidArgument("inputs must be ", inputs.size());
  std::vector<std::pair<std::string, Tensor>> feeds;
  for (const auto& [name, value] : request.attr()) {
    const auto input = inputs.find(name);
    Tensor tensor;
    if (input == inputs.end()) return InvalidArgument("no input `", name, "`");
    if (!tensor.FromProto(value.tensor())) return InvalidArgument("`", name, "` is no tensor");
    feeds.emplace_back(input->second.name(), tensor);
  }
  std::vector<std::string> names, fetches;
  for (const auto& [name, info] : found->second.outputs()) {
    names.push_back(name);
    fetches.push_back(info.name());
  }
  std::vector<Tensor> outputs;
  const Status status = model.GetSession()->Run(feeds, fetches, {}, &outputs);
  if (!status.ok()) return status;
  for (size_t i = 0; i < names.size(); ++i) {
    auto* tensor = (*answer->mutable_attr())[names[i]].mutable_tensor();
    if (outputs[i].dtype() == tensorflow::DT_STRING) outputs[i].AsProtoField(tensor);
    else outputs[i].AsProtoTensorContent(tensor);
  }
  return status;
}

std::vector<NameAttrList> Read(const std::string& path) {
  std::unique_ptr<tensorflow::RandomAccessFile> file;
  TF_CHECK_OK(tensorflow::Env::Default()->NewRandomAccessFile(path, &file));
  tensorflow::io::SequentialRecordReader reader(file.get());
  std::vector<NameAttrList> requests;
  tensorflow::tstring record;
  while (reader.ReadRecord(&record).ok()) requests.emplace_back().ParseFromString(std::string(record));
  return requests;
}

long ResidentKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> word;
    else continue;
    return std::stol(word);
  }
  return 0;
}

// How many of `num` requests, taken in turn by `threads`, have failed.
int Failures(const tensorflow::SavedModelBundle& model, const std::vector<NameAttrList>& requests, int num,
             int threads) {
  std::atomic<int> next{0}, failures{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (int k; (k = next++) < num;) {
        NameAttrList answer;
        if (!Run(model, requests[k % requests.size()], &answer).ok()) ++failures;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  return failures;
}

int main(int argc, char** argv) {
  if (argc != 4 && argc != 6) return 2;
  tensorflow::SavedModelBundle model;
  TF_CHECK_OK(tensorflow::LoadSavedModel({}, {}, argv[1], {"serve"}, &model));
  const auto requests = Read(argv[2]);
  std::unique_ptr<tensorflow::WritableFile> file;
  TF_CHECK_OK(tensorflow::Env::Default()->NewWritableFile(argv[3], &file));
  tensorflow::io::RecordWriter writer(file.get());
  for (const auto& request : requests) {
    NameAttrList answer;
    const Status status = Run(model, request, &answer);
    answer.set_name(status.ok() ? "OK" : status.ToString());
    TF_CHECK_OK(writer.WriteRecord(answer.SerializeAsString()));
  }
  TF_CHECK_OK(writer.Close());
  TF_CHECK_OK(file->Close());
  if (argc == 6) {
    const int num = std::stoi(argv[4]), threads = std::stoi(argv[5]);
    int failures = Failures(model, requests, num / 5, threads);  // until its caches are full
    const long before = ResidentKilobytes();
    failures += Failures(model, requests, num, threads);
    std::cout << failures << " " << before << " " << ResidentKilobytes() << std::endl;
  }
}
