// SPDX-License-Identifier: Apache-2.0
// Every export of the addon on one screen. Hot ones (buffers, kernels) are plain Node-API callbacks; the rest is
// set-up.
#include <napi.h>

#include <memory>

#include "addon/recording.h"
#include "system/allocator.h"
#include "system/thread_pool.h"

namespace nabla::addon {
namespace {

Environment& environment_of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

// Runs `body`; a C++ exception becomes a JavaScript error with a code, never a crash.
template <class Body>
napi_value guarded(napi_env env, const char* what, const Body& body) {
  const auto raise = [env, what](const char* code, const char* text) -> napi_value {
    napi_throw_error(env, code, (std::string(what) + ": " + text).c_str());
    return nullptr;
  };
  try {
    return body();
  } catch (const OutOfMemoryBefore& error) {
    return raise("NABLA_OUT_OF_MEMORY_BEFORE", error.what());
  } catch (const OutOfMemory& error) {
    return raise("NABLA_OUT_OF_MEMORY", error.what());
  } catch (const BadMemoryLimit& error) {
    napi_throw_error(env, "NABLA_MEMORY_LIMIT", error.what());
    return nullptr;
  } catch (const BadCall& error) {
    return raise("NABLA_CONTRACT", error.what());
  } catch (const std::invalid_argument& error) {
    napi_throw_error(env, "NABLA_DATA", error.what());
    return nullptr;
  } catch (const std::exception& error) {
    return raise("NABLA_INTERNAL", error.what());
  }
}

template <size_t count>
struct Values {
  napi_value at[count] = {};
  void* data = nullptr;
  Values(napi_env env, napi_callback_info info) {
    size_t received = count;
    napi_get_cb_info(env, info, &received, at, nullptr, &data);
  }
};

// An integer in [minimum, 2^53].
int64_t integer(napi_env env, napi_value value, const char* name, int64_t minimum) {
  double number = 0;
  if (value == nullptr || napi_get_value_double(env, value, &number) != napi_ok || !(number >= minimum) ||
      number > 9007199254740992.0 || number != static_cast<double>(static_cast<int64_t>(number)))
    throw BadCall(std::string("expected ") + name + " to be an integer of at least " + std::to_string(minimum));
  return static_cast<int64_t>(number);
}

// The handle of a buffer that lives.
Handle living_handle(napi_env env, napi_value value) {
  const Handle handle = integer(env, value, "handle", 0);
  if (environment_of(env).find(handle) == nullptr)
    throw BadCall("received the handle of a buffer that was released or never existed: " + std::to_string(handle));
  return handle;
}

size_t whole_floats(size_t bytes) {
  if (bytes % sizeof(float) != 0) throw BadCall("expected a buffer of float32");
  return bytes;
}

// allocate(bytes) -> handle
napi_value Allocate(napi_env env, napi_callback_info info) {
  return guarded(env, "allocate", [&] {
    Values<1> values(env, info);
    Environment& environment = environment_of(env);
    const auto bytes = static_cast<size_t>(integer(env, values.at[0], "bytes", 0));
    const Handle handle = device::stores_bf16() ? environment.allocate_pending(bytes) : environment.allocate(bytes);
    napi_value result = nullptr;
    napi_create_int64(env, handle, &result);
    return result;
  });
}

// watch(handle, owner): from now on the buffer is forgotten when its owner, an object held weakly, is collected.
napi_value Watch(napi_env env, napi_callback_info info) {
  return guarded(env, "watch", [&]() -> napi_value {
    Values<2> values(env, info);
    Environment& environment = environment_of(env);
    const Handle handle = living_handle(env, values.at[0]);
    napi_ref owner = nullptr;
    if (napi_create_reference(env, values.at[1], 0, &owner) != napi_ok) throw BadCall("expected an object as owner");
    if (void* before = environment.find(handle)->owner) napi_delete_reference(env, static_cast<napi_ref>(before));
    environment.set_owner(handle, owner);
    return nullptr;
  });
}

// release(handle)
napi_value Release(napi_env env, napi_callback_info info) {
  return guarded(env, "release", [&]() -> napi_value {
    Values<1> values(env, info);
    Environment& environment = environment_of(env);
    const Handle handle = living_handle(env, values.at[0]);
    const Slot* slot = environment.find(handle);
    if (slot->owner != nullptr) napi_delete_reference(env, static_cast<napi_ref>(slot->owner));
    environment.release(handle);
    return nullptr;
  });
}

// Of the typed arrays that there are; newer kinds, of which this Node-API says nothing, are refused.
size_t bytes_of_element(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      throw BadCall("expected a typed array whose elements are known, as of an Int32Array or a Float32Array");
  }
}

// The buffer and the typed array of write(handle, array) and read(handle, array), of equal length in bytes.
struct Copy {
  const Slot* slot;
  napi_value value = nullptr;  // the typed array
  void* array = nullptr;
  size_t bytes = 0;
  napi_value memory = nullptr;  // of the array
  bool is_int32 = false;
  Copy(napi_env env, napi_callback_info info) {
    Values<2> values(env, info);
    slot = environment_of(env).find(living_handle(env, values.at[0]));
    value = values.at[1];
    auto type = static_cast<napi_typedarray_type>(15);  // stays so of a kind that Node-API does not know
    size_t length = 0;
    if (value == nullptr || napi_get_typedarray_info(env, value, &type, &length, &array, &memory, nullptr) != napi_ok)
      throw BadCall("expected a typed array");
    is_int32 = type == napi_int32_array;
    bytes = length * bytes_of_element(type);
    if (bytes != slot->bytes)
      throw BadCall("expected a typed array of " + std::to_string(slot->bytes) + " bytes, received " +
                    std::to_string(bytes));
  }
};

// Whether no other thread can write it meanwhile, as one may a SharedArrayBuffer.
bool is_own_memory(napi_env env, napi_value memory) {
  bool is_own = false;
  return napi_is_arraybuffer(env, memory, &is_own) == napi_ok && is_own;
}

napi_value Write(napi_env env, napi_callback_info info) {
  return guarded(env, "write", [&]() -> napi_value {
    Copy copy(env, info);
    environment_of(env).store_as_float32(*copy.slot);
    copy.slot->writer = environment_of(env).next_call();
    if (copy.bytes != 0) device::copy_from_host(copy.slot->data, copy.array, copy.bytes);
    if (copy.is_int32 && is_own_memory(env, copy.memory))
      copy.slot->keep_bounds(bounds_of(static_cast<const int32_t*>(copy.array), copy.bytes / sizeof(int32_t)));
    return nullptr;
  });
}

void read_now(const Copy& copy) {  // of a buffer that has memory
  if (copy.slot->halves) {
    device::copy_bf16_to_host(static_cast<float*>(copy.array), static_cast<const uint16_t*>(copy.slot->data),
                              copy.slot->floats());
  } else if (copy.bytes != 0) {
    device::copy_to_host(copy.array, copy.slot->data, copy.bytes);
  }
}

napi_value Read(napi_env env, napi_callback_info info) {
  return guarded(env, "read", [&]() -> napi_value {
    const Copy copy(env, info);
    environment_of(env).settle(*copy.slot, false);
    read_now(copy);
    return nullptr;
  });
}

// Waits for a copy on a thread of Node's, then keeps its promise.
class ReadWorker final : public Napi::AsyncWorker {
 public:
  ReadWorker(Napi::Env env, std::unique_ptr<device::HostCopy> copy, napi_value array, void* to)
      : Napi::AsyncWorker(env, "nabla read"),
        promised_(env),
        copy_(std::move(copy)),
        array_(Napi::Persistent(Napi::Value(env, array).As<Napi::Object>())),
        to_(to) {}
  Napi::Promise promise() const { return promised_.Promise(); }

 protected:
  void Execute() override { copy_->finish(to_); }
  void OnOK() override { promised_.Resolve(Env().Undefined()); }
  void OnError(const Napi::Error& error) override { promised_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred promised_;
  std::unique_ptr<device::HostCopy> copy_;
  Napi::ObjectReference array_;  // keeps `to_`
  void* to_;
};

// readLater(handle, array) -> undefined where the array holds the buffer now, else a promise that it will: of what the
// buffer holds now
napi_value ReadLater(napi_env env, napi_callback_info info) {
  return guarded(env, "read", [&]() -> napi_value {
    const Copy copy(env, info);
    environment_of(env).settle(*copy.slot, false);
    auto later = copy.slot->halves ? nullptr : device::begin_copy_to_host(copy.slot->data, copy.bytes);
    if (later == nullptr) {
      read_now(copy);
      return nullptr;
    }
    auto* const worker = new ReadWorker(env, std::move(later), copy.value, copy.array);  // frees itself
    const Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  });
}

// allocateBfloat16(bytes of float32) -> handle of zeros that are stored as bf16
napi_value AllocateBfloat16(napi_env env, napi_callback_info info) {
  return guarded(env, "allocate", [&] {
    Values<1> values(env, info);
    const size_t bytes = whole_floats(static_cast<size_t>(integer(env, values.at[0], "bytes", 0)));
    napi_value result = nullptr;
    napi_create_int64(env, environment_of(env).allocate_bf16(bytes), &result);
    return result;
  });
}

// storeAsBfloat16(handle)
napi_value StoreAsBfloat16(napi_env env, napi_callback_info info) {
  return guarded(env, "storeAsBfloat16", [&]() -> napi_value {
    Values<1> values(env, info);
    Environment& environment = environment_of(env);
    const Slot& slot = *environment.find(living_handle(env, values.at[0]));
    whole_floats(slot.bytes);
    environment.store_as_bf16(slot);
    return nullptr;
  });
}

// writeRounded(target, source, start) -> whether the target is stored as bf16: then the floats of the source, another
// buffer, are in it, rounded, from the one at `start` on
napi_value WriteRounded(napi_env env, napi_callback_info info) {
  return guarded(env, "writeRounded", [&] {
    Values<3> values(env, info);
    Environment& environment = environment_of(env);
    const Slot& target = *environment.find(living_handle(env, values.at[0]));
    const Slot& source = *environment.find(living_handle(env, values.at[1]));
    const auto start = static_cast<size_t>(integer(env, values.at[2], "start", 0));
    whole_floats(source.bytes);
    environment.settle(source, false);
    environment.settle(target, false);
    if (source.halves || start > target.floats() || source.floats() > target.floats() - start)
      throw BadCall("expected a source of float32 that ends within the target");
    if (target.halves) {
      target.writer = environment.next_call();
      device::round_to_bf16(static_cast<uint16_t*>(target.data) + start, static_cast<const float*>(source.data),
                            source.floats());
    }
    napi_value result = nullptr;
    napi_get_boolean(env, target.halves, &result);
    return result;
  });
}

// areIndices(handle, bound, ignored) -> whether it is known, without a look, that each int32 of the buffer is in
// [0, bound) or is `ignored`, which is meant only where it is negative
napi_value AreIndices(napi_env env, napi_callback_info info) {
  return guarded(env, "areIndices", [&] {
    Values<3> values(env, info);
    constexpr int64_t kLeast = -9007199254740992;
    const Slot& slot = *environment_of(env).find(living_handle(env, values.at[0]));
    const int64_t bound = integer(env, values.at[1], "bound", kLeast);
    const int64_t ignored = integer(env, values.at[2], "ignored", kLeast);
    const KnownBounds known = slot.known_bounds();
    napi_value result = nullptr;
    napi_get_boolean(env, known && known->are_indices(bound, ignored), &result);
    return result;
  });
}

// kernels.<name>(count): runs it on the first `count` numbers of the argument area.
napi_value RunKernel(napi_env env, napi_callback_info info) {
  Values<1> values(env, info);
  const Entry& entry = *static_cast<const Entry*>(values.data);
  return guarded(env, entry.name, [&]() -> napi_value {
    const int64_t count = integer(env, values.at[0], "the number of arguments", 0);
    if (count > kArgumentCount) throw BadCall("received more arguments than the argument area holds");
    Environment& environment = environment_of(env);
    Arguments arguments(environment, count);
    entry.run(arguments);
    if (Recording* recording = environment.recorder().current()) recording->add(entry, environment.arguments(), count);
    return nullptr;
  });
}

// startRecording() -> number: kernel calls are noted from here on, until stopRecording()
napi_value StartRecording(napi_env env, napi_callback_info) {
  return guarded(env, "startRecording", [&] {
    napi_value result = nullptr;
    napi_create_int32(env, environment_of(env).recorder().start(), &result);
    return result;
  });
}

napi_value StopRecording(napi_env env, napi_callback_info) {
  return guarded(env, "stopRecording", [&]() -> napi_value {
    environment_of(env).recorder().stop();
    return nullptr;
  });
}

// replay(number) -> whether the calls that were noted were made as one launch
napi_value Replay(napi_env env, napi_callback_info info) {
  return guarded(env, "replay", [&] {
    Values<1> values(env, info);
    Environment& environment = environment_of(env);
    Recording& recording = environment.recorder().find(integer(env, values.at[0], "a recording", 0));
    napi_value result = nullptr;
    napi_get_boolean(env, recording.replay(environment), &result);
    return result;
  });
}

// forgetRecording(number)
napi_value ForgetRecording(napi_env env, napi_callback_info info) {
  return guarded(env, "forgetRecording", [&]() -> napi_value {
    Values<1> values(env, info);
    environment_of(env).recorder().forget(integer(env, values.at[0], "a recording", 0));
    return nullptr;
  });
}

Napi::Array describe(Napi::Env env) {
  Napi::Array kernels = Napi::Array::New(env);
  for (const Entry& entry : entries()) {
    Napi::Array arguments = Napi::Array::New(env);
    for (const auto& argument : entry.describe().arguments) {
      Napi::Object item = Napi::Object::New(env);
      item.Set("name", argument.name);
      item.Set("type", argument.type);
      arguments.Set(arguments.Length(), item);
    }
    Napi::Object kernel = Napi::Object::New(env);
    kernel.Set("name", entry.name);
    kernel.Set("arguments", arguments);
    kernels.Set(kernels.Length(), kernel);
  }
  return kernels;
}

Napi::Value Memory(const Napi::CallbackInfo& info) {
  const MemoryStatistics process = memory_statistics();
  const Environment& environment = environment_of(info.Env());
  Napi::Object result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, size_t value) { result.Set(name, static_cast<double>(value)); };
  set("buffers", environment.buffers());
  set("bytes", environment.bytes());
  set("inUse", process.in_use);
  set("cached", process.cached);
  set("peak", process.peak);
  set("limit", process.limit);
  Napi::Array classes = Napi::Array::New(info.Env());
  for (const SizeClass& blocks : size_classes()) {
    Napi::Object entry = Napi::Object::New(info.Env());
    entry.Set("bytes", static_cast<double>(blocks.bytes));
    entry.Set("inUse", static_cast<double>(blocks.in_use));
    entry.Set("cached", static_cast<double>(blocks.cached));
    classes.Set(classes.Length(), entry);
  }
  result.Set("sizeClasses", classes);
  return result;
}

// Handles of the living buffers whose owner JavaScript has collected.
Napi::Value Forgotten(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto is_gone = [env](void* owner) {
    const Napi::HandleScope scope(env);  // one object at a time: there may be millions
    napi_value object = nullptr;
    return napi_get_reference_value(env, static_cast<napi_ref>(owner), &object) == napi_ok && object == nullptr;
  };
  Napi::Array handles = Napi::Array::New(env);
  for (const Handle handle : environment_of(env).forgotten(is_gone))
    handles.Set(handles.Length(), static_cast<double>(handle));
  return handles;
}

// Makes V8 collect garbage before this returns: so much external memory is beyond what it lets a heap have.
Napi::Value CollectGarbage(const Napi::CallbackInfo& info) {
  constexpr int64_t kPressure = int64_t{1} << 45;
  int64_t ignored = 0;
  napi_adjust_external_memory(info.Env(), kPressure, &ignored);
  napi_adjust_external_memory(info.Env(), -kPressure, &ignored);
  return info.Env().Undefined();
}

// reportExternalMemory(change in bytes)
Napi::Value ReportExternalMemory(const Napi::CallbackInfo& info) {
  int64_t ignored = 0;
  if (info[0].IsNumber()) napi_adjust_external_memory(info.Env(), info[0].As<Napi::Number>().Int64Value(), &ignored);
  return info.Env().Undefined();
}

template <std::vector<std::string> (*list)()>
Napi::Value Names(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const std::string& name : list()) names.Set(names.Length(), name);
  return names;
}

// The names of the kernels that the active target has not.
Napi::Value MissingKernels(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const Entry& entry : entries())
    if (!entry.is_built()) names.Set(names.Length(), entry.name);
  return names;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment;
  napi_set_instance_data(
      env, environment, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);

  const auto hot = [&](Napi::Object target, const char* name, napi_callback callback, const void* data = nullptr) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, const_cast<void*>(data), &function);
    target.Set(name, Napi::Value(env, function));
  };
  hot(exports, "allocate", Allocate);
  hot(exports, "watch", Watch);
  hot(exports, "release", Release);
  hot(exports, "write", Write);
  hot(exports, "read", Read);
  hot(exports, "readLater", ReadLater);
  hot(exports, "allocateBfloat16", AllocateBfloat16);
  hot(exports, "storeAsBfloat16", StoreAsBfloat16);
  hot(exports, "writeRounded", WriteRounded);
  hot(exports, "startRecording", StartRecording);
  hot(exports, "stopRecording", StopRecording);
  hot(exports, "replay", Replay);
  hot(exports, "forgetRecording", ForgetRecording);
  hot(exports, "areIndices", AreIndices);
  Napi::Object kernels = Napi::Object::New(env);
  for (const Entry& entry : entries()) hot(kernels, entry.name, RunKernel, &entry);
  exports.Set("kernels", kernels);
  exports.Set("description", describe(env));
  // The area belongs to the environment and outlives every view of it: JavaScript cannot free or move it.
  exports.Set("argumentArea", Napi::ArrayBuffer::New(env, environment->arguments(), kArgumentCount * sizeof(double)));
  exports.Set("version", NABLA_VERSION);

  const auto plain = [&](const char* name, Napi::Value (*callback)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, callback, name));
  };
  plain("memory", Memory);
  plain("forgotten", Forgotten);
  plain("collectGarbage", CollectGarbage);
  plain("reportExternalMemory", ReportExternalMemory);
  plain("targets", Names<device::targets>);
  plain("target",
        [](const Napi::CallbackInfo& info) -> Napi::Value { return Napi::String::New(info.Env(), device::target()); });
  plain("problem",
        [](const Napi::CallbackInfo& info) -> Napi::Value { return Napi::String::New(info.Env(), device::problem()); });
  plain("missingKernels", MissingKernels);
  plain("indexLooks", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(device::index_looks()));
  });
  plain("matmulLibrary", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::String::New(info.Env(), device::matmul_library());
  });
  plain("setMatmulPrecision", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const bool known = info[0].IsString() && device::set_matmul_precision(info[0].As<Napi::String>().Utf8Value());
    return Napi::Boolean::New(info.Env(), known);
  });
  plain("matmulPrecision", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::String::New(info.Env(), device::matmul_precision());
  });
  plain("storeActivationsAsBfloat16", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const bool wanted = info[0].IsBoolean() && info[0].As<Napi::Boolean>().Value();
    return Napi::Boolean::New(info.Env(), device::store_bf16(wanted));
  });
  plain("storesActivationsAsBfloat16", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(), device::stores_bf16());
  });
  plain("matmulPrecisions", Names<device::matmul_precisions>);
  plain("setTarget", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(),
                              info[0].IsString() && device::set_target(info[0].As<Napi::String>().Utf8Value()));
  });
  plain("threads",
        [](const Napi::CallbackInfo& info) -> Napi::Value { return Napi::Number::New(info.Env(), thread_count()); });
  plain("setThreads", [](const Napi::CallbackInfo& info) -> Napi::Value {
    set_thread_count(info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : 0);
    return info.Env().Undefined();
  });
  plain("setMemoryLimit", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
    set_memory_limit(bytes >= 1 && bytes < 9e15 ? static_cast<size_t>(bytes) : 0);
    return info.Env().Undefined();
  });
  plain("trim", [](const Napi::CallbackInfo& info) -> Napi::Value {
    trim();
    return info.Env().Undefined();
  });
  plain("resetPeak", [](const Napi::CallbackInfo& info) -> Napi::Value {
    reset_peak();
    return info.Env().Undefined();
  });
  plain("failAllocationsAfter", [](const Napi::CallbackInfo& info) -> Napi::Value {
    fail_allocations_after(info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : -1);
    return info.Env().Undefined();
  });
  return exports;
}

NODE_API_MODULE(nabla, Init)

}  // namespace
}  // namespace nabla::addon
